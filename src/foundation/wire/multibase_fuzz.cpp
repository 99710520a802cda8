// Text that is read is the text that is written.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/multibase.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  const std::string_view text = as_text(bytes);
  if (const auto read = parse_multibase(text))
    check(to_multibase(static_cast<Base>(text[0]), *read) == text, "one value, one spelling");
  if (const auto read = parse_base58(text)) check(to_base58(*read) == text, "base58");
  if (const auto read = parse_base32(text)) check(to_base32(*read) == text, "base32");
  if (const auto read = parse_base64url(text)) check(to_base64url(*read) == text, "base64url");
  for (const Base base : {Base::base58btc, Base::base32, Base::base64url}) {
    const auto back = parse_multibase(to_multibase(base, bytes.first(size < 128 ? size : 128)));
    check(back && equal(*back, bytes.first(size < 128 ? size : 128)), "any bytes come back");
  }
  return 0;
}
