#include "sim/stored_version.hpp"

#include <charconv>

#include "foundation/wire/envelope.hpp"

#include "protocol/agents/signed_card.hpp"

#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

std::optional<std::uint64_t> card_version(ByteView value) {
  const auto envelope = wire::decode_envelope(value);
  if (!envelope) return std::nullopt;
  const auto payload = agents::decode_payload(envelope->payload);
  if (!payload) return std::nullopt;
  const auto card = agents::parse_card(payload->document.view());
  if (!card) return std::nullopt;
  std::uint64_t version = 0;
  std::from_chars(card->version.data(), card->version.data() + card->version.size(), version);
  return version;
}

}  // namespace

std::optional<std::uint64_t> stored_version(ByteView key, ByteView value) {
  return agents::did_of_key(key) ? card_version(value) : open_sealed(key, value);
}

}  // namespace mycel::sim
