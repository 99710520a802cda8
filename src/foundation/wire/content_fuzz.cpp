// Parts of content, from any bytes: what decodes has one spelling, and what proves itself is a
// piece of the size that its manifest says.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/content.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

namespace {

// A fuzzer does not find roots: give it the one that its chunk and path lead to.
Part with_true_root(Part part) {
  const auto root = crypto::merkle_root(part.index, part.manifest.parts(),
                                        crypto::merkle_leaf(part.chunk), part.path);
  if (root) part.manifest.root = *root;
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto manifest = decode_manifest(bytes))
    check(equal(encode(*manifest), bytes), "one manifest, one spelling");
  if (const auto place = place_of_key(bytes))
    check(equal(part_key(place->content, place->index), bytes), "one place, one key");
  const auto decoded = decode_part(bytes);
  if (!decoded) return 0;
  check(equal(encode(*decoded), bytes), "one part, one spelling");
  const Part part = with_true_root(*decoded);
  const Cid content = cid_of(part.manifest);
  const auto proven = prove_part(content, part);
  if (!proven) return 0;
  const std::uint64_t end = proven->offset() + proven->chunk().size();
  const bool is_last = proven->index() + 1 == proven->manifest().parts();
  check(is_last ? end == proven->manifest().size : end < proven->manifest().size,
        "a part ends where its content has room for it");
  check(static_cast<bool>(validate_part(part_key(content, part.index), encode(part))),
        "what is proved may be stored under its key");
  return 0;
}
