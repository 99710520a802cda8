#include "foundation/crypto/hash.hpp"

// The plain functions of SHA-256 are out of fashion, but a context that is allocated for each hash
// costs twice the hashing of a peer's id.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "foundation/base/check.hpp"

namespace mycel::crypto {
namespace {

// Fetched once: looking an algorithm up by name costs more than hashing a short message.
const EVP_MD* algorithm() {
  static const EVP_MD* const sha = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  check(sha != nullptr, "OpenSSL offers SHA-256");
  return sha;
}

}  // namespace

Digest sha256(ByteView bytes) {
  Digest digest;
  SHA256_CTX context;
  const bool is_hashed =
      SHA256_Init(&context) == 1 && SHA256_Update(&context, bytes.data(), bytes.size()) == 1 &&
      SHA256_Final(reinterpret_cast<unsigned char*>(digest.bytes.data()), &context) == 1;
  check(is_hashed, "SHA-256 takes any bytes");
  return digest;
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  check(EVP_DigestInit_ex2(state_->context, algorithm(), nullptr) == 1, "SHA-256 starts");
}
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) {
  check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1,
        "SHA-256 takes any bytes");
}

Digest Sha256::finish() {
  Digest digest;
  check(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(digest.bytes.data()),
                           nullptr) == 1,
        "SHA-256 ends");
  return digest;
}

}  // namespace mycel::crypto
