#include "foundation/crypto/secret_bytes.hpp"

#include <algorithm>
#include <utility>

#include <openssl/crypto.h>

#include "foundation/base/check.hpp"

namespace mycel::crypto {

void wipe(std::span<std::byte> bytes) {
  OPENSSL_cleanse(bytes.data(), bytes.size());
}

SecretBytes SecretBytes::copy(ByteView view) {
  SecretBytes secret(view.size());
  std::ranges::copy(view, secret.bytes_.begin());
  return secret;
}

SecretBytes SecretBytes::copy(std::string_view text) {
  return copy(as_bytes(text));
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this == &other) return *this;
  wipe(bytes_);
  bytes_ = std::move(other.bytes_);
  return *this;
}

void SecretBytes::cut(std::size_t size) {
  check(size <= bytes_.size(), "secret bytes are only ever cut shorter");
  wipe(std::span(bytes_).subspan(size));
  bytes_.resize(size);
}

}  // namespace mycel::crypto
