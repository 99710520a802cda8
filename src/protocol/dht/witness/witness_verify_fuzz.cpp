// Against a model: a good proof with some bytes changed. Whatever was changed, an attestation of
// which a byte is different does not count, and without a quorum of untouched ones there is no
// proof. The input says what to change: three bytes each for where, and what to flip.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "protocol/dht/witness/witness_testing.hpp"

using namespace mycel;                // NOLINT(google-build-using-namespace)
using namespace mycel::dht::witness;  // NOLINT(google-build-using-namespace)

namespace {

struct Model {
  Case at;
  Proof proof = at.proof(6);
  Bytes bytes = encode(Message(proof));
};

std::size_t untouched(const Model& model, const Proof& changed) {
  return static_cast<std::size_t>(std::ranges::count_if(changed.parts, [&](const ProofPart& part) {
    return std::ranges::count(model.proof.parts, part) > 0;
  }));
}

void judge(const Model& model, const Proof& changed) {
  const Judgement judgement = verify(model.at.view(), changed);
  const std::size_t good = untouched(model, changed);
  check(judgement.parts.size() <= good, "only what its signer said counts");
  const bool is_draw_whole = changed.draw == model.proof.draw;
  check(static_cast<bool>(judgement.proof) == (is_draw_whole && good >= model.at.rules.quorum),
        "a quorum of untouched words decides");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Model model;
  const ByteView patches = std::as_bytes(std::span(data, size));
  std::vector<std::byte> bytes(model.bytes.begin(), model.bytes.end());
  for (std::size_t i = 0; i + 4 <= patches.size() && i < 40; i += 4) {
    std::size_t where = 0;
    for (std::size_t j = 0; j < 3; ++j)
      where = where << 8 | std::to_integer<unsigned>(patches[i + j]);
    bytes[where % bytes.size()] ^= patches[i + 3];
  }
  const auto message = decode(bytes);
  if (!message) return 0;
  if (const auto* proof = std::get_if<Proof>(&*message)) judge(model, *proof);
  return 0;
}
