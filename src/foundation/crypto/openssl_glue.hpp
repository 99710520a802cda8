#pragma once
// How the sources of this module talk to OpenSSL: owning what it allocates, keeping its error queue
// clean, handing it bytes. Not for other modules: they would need OpenSSL's headers.

#include <cstddef>
#include <memory>

#include <openssl/err.h>
#include <openssl/params.h>

#include "foundation/base/bytes.hpp"

namespace mycel::crypto {

template <auto free_it>
struct OpensslFree {
  template <class T>
  void operator()(T* object) const {
    free_it(object);
  }
};
/// Owns an object of OpenSSL: `OpensslPtr<EVP_PKEY, EVP_PKEY_free>`.
template <class T, auto free_it>
using OpensslPtr = std::unique_ptr<T, OpensslFree<free_it>>;

/// Leaves the thread's error queue as it was found. A forgotten entry would make the next TLS
/// connection on this thread look broken.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

inline unsigned char* raw(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}
inline const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

/// Bytes as a parameter, which OpenSSL only reads though its type says otherwise. Empty ones must
/// still point somewhere, or they count as missing.
inline OSSL_PARAM octets(const char* name, ByteView bytes) {
  static std::byte nothing{};
  return OSSL_PARAM_construct_octet_string(
      name, bytes.empty() ? &nothing : const_cast<std::byte*>(bytes.data()), bytes.size());
}

}  // namespace mycel::crypto
