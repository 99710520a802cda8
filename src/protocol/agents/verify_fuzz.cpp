// Against a model: a signed card with some bytes changed is refused, whatever was changed. The
// input says what to change; the first byte chooses between patching the envelope, and signing a
// patched payload properly, so that the checks behind the signature are reached.

#include <vector>

#include "foundation/base/check.hpp"
#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"

#include "protocol/agents/signed_card.hpp"

namespace {

using namespace mycel;

struct Model {
  crypto::Ed25519PrivateKey key{crypto::Ed25519PrivateKey::Seed{}};
  std::string did = wire::to_did(key.public_key());
  UnixTime now{CalendarClock::duration{1'800'000'000'000}};
  Bytes payload;
  Bytes envelope;

  Model() {
    agents::CardPayload card{
        .did = did,
        .issued = now,
        .expires = now + Duration{24h},
        .document = agents::parse_card_file(
                        R"({"name":"n","description":"d","url":"a:b","version":"1","skills":[]})")
                        ->document};
    card.clock.advance(wire::peer_id_of(key.public_key()));
    payload = agents::encode(card);
    envelope = agents::sign_card(card, key);
  }
};

Bytes patched(const Bytes& bytes, ByteView patches) {
  std::vector<std::byte> result(bytes.begin(), bytes.end());
  for (; patches.size() >= 3; patches = patches.subspan(3)) {
    const auto at = (std::size_t(patches[0]) << 8 | std::size_t(patches[1])) % result.size();
    result[at] ^= patches[2];
  }
  return Bytes(std::move(result));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Model model;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)agents::verify_card(bytes, model.now, model.did);
  (void)agents::validate(bytes, model.envelope, model.now);
  (void)agents::compare_values(bytes, model.envelope);
  if (bytes.empty()) return 0;
  const ByteView patches = bytes.subspan(1);
  if (bytes[0] == std::byte{0}) {
    const Bytes envelope = patched(model.envelope, patches);
    const bool is_good = bool(agents::verify_card(envelope, model.now, model.did));
    check(is_good == (envelope == model.envelope), "a changed envelope is refused");
  } else {
    const Bytes payload = patched(model.payload, patches);
    const Bytes envelope =
        agents::seal_card(model.key.public_key(), payload,
                          model.key.sign(agents::card_signing_bytes(payload)).view());
    if (const auto card = agents::verify_card(envelope, model.now, model.did))
      check(card->payload().did == model.did, "a good card is of the DID that was asked for");
  }
  return 0;
}
