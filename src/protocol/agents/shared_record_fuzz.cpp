// Any bytes, and a good record that somebody without a key has changed: what is accepted merges
// with itself to itself, and with the good record to the good record. The first byte chooses what
// is done to it: bytes are changed, cut out, or the payload of a word is changed and signed
// properly, so that the checks behind the signature are reached.

#include <algorithm>
#include <vector>

#include "foundation/base/check.hpp"

#include "protocol/agents/shared_testing.hpp"

namespace {

using namespace mycel;
using agents::testing::Board;
using agents::testing::shared_agent;

struct Model {
  Board board;
  crypto::Ed25519PrivateKey writer = shared_agent(2);
  Bytes grant_payload = board.grant_payload(writer, 3);
  Bytes entry_payload = Board::entry_payload(grant_payload, 5, "hello");
  Bytes value = agents::merge_shared(
      board.written(writer, 3, 5, "hello"),
      agents::merge_shared(board.removed(shared_agent(3), 2), board.granted(shared_agent(4), 1)));
};

Bytes patched(const Bytes& bytes, ByteView patches) {
  std::vector<std::byte> result(bytes.begin(), bytes.end());
  for (; patches.size() >= 3; patches = patches.subspan(3)) {
    const auto at = (std::size_t(patches[0]) << 8 | std::size_t(patches[1])) % result.size();
    result[at] ^= patches[2];
  }
  return Bytes(std::move(result));
}

Bytes cut(const Bytes& bytes, ByteView how) {
  if (how.size() < 4) return bytes;
  const auto first = (std::size_t(how[0]) << 8 | std::size_t(how[1])) % bytes.size();
  const auto count = (std::size_t(how[2]) << 8 | std::size_t(how[3])) % (bytes.size() - first);
  std::vector<std::byte> rest(bytes.begin(), bytes.begin() + first);
  rest.insert(rest.end(), bytes.begin() + first + count, bytes.end());
  return Bytes(std::move(rest));
}

void check_strangers_work(const Model& model, const Bytes& value) {
  if (!agents::prove_shared(model.board.key, value)) return;
  check(agents::merge_shared(model.value, value) == model.value, "a stranger adds nothing");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Model model;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  (void)agents::shared_name_of(bytes);
  if (bytes.empty()) return 0;
  const ByteView rest = bytes.subspan(1);
  check_strangers_work(model, Bytes::copy(rest));
  const auto how = std::to_integer<unsigned>(bytes[0]) % 4;
  if (how == 0) check_strangers_work(model, patched(model.value, rest));
  if (how == 1) check_strangers_work(model, cut(model.value, rest));
  if (how < 2) return 0;
  const Bytes grant = how == 2 ? patched(model.grant_payload, rest) : model.grant_payload;
  const Bytes entry = how == 3 ? patched(model.entry_payload, rest) : model.entry_payload;
  const Bytes value = agents::shared_value(
      Board::sealed(agents::SharedWord::grant, model.board.owner, grant),
      how == 3 ? Board::sealed(agents::SharedWord::entry, model.writer, entry) : Bytes());
  if (!agents::prove_shared(model.board.key, value)) return 0;
  const Bytes sum = agents::merge_shared(model.value, value);
  check(agents::prove_shared(model.board.key, sum).operator bool(), "a merge is a good record");
  check(sum == agents::merge_shared(value, model.value), "and the same from either side");
  check(sum == agents::merge_shared(sum, value), "and has it all");
  return 0;
}
