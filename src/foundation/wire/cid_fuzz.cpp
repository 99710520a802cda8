// Names of content come back as the bytes and the text they were.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/cid.hpp"
#include "foundation/wire/multihash.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

namespace {

void check_cid(const Cid& cid) {
  const auto text = parse_cid(to_text(cid));
  check(text && *text == cid, "a name survives its text");
  const auto binary = decode_cid(encode(cid));
  check(binary && *binary == cid, "a name survives its bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  const auto hash = decode_multihash(bytes);
  if (hash) check(equal(encode(*hash), bytes), "one hash, one spelling");
  if (const auto cid = decode_cid(bytes)) {
    check_cid(*cid);
    const bool is_v0 = hash && *hash == cid->hash && cid->codec == Codec::dag_pb;
    check(is_v0 || equal(encode(*cid), bytes), "one name, one spelling");
  }
  if (const auto cid = parse_cid(as_text(bytes))) check_cid(*cid);
  return 0;
}
