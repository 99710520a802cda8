#include "foundation/crypto/ed25519.hpp"

#include <algorithm>

#include <sodium.h>

#include "foundation/base/check.hpp"

namespace mycel::crypto {
namespace {

unsigned char* raw(std::byte* bytes) {
  return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* raw(const std::byte* bytes) {
  return reinterpret_cast<const unsigned char*>(bytes);
}

// libsodium picks its fastest code at start-up; calling this again is cheap.
void start_sodium() {
  static const bool started = sodium_init() >= 0;
  check(started, "libsodium starts");
}

}  // namespace

std::optional<Ed25519PublicKey> Ed25519PublicKey::from(ByteView view) {
  if (view.size() != ed25519_key_size_bytes) return std::nullopt;
  Ed25519PublicKey key;
  std::ranges::copy(view, key.bytes.begin());
  return key;
}

Ed25519PrivateKey::Ed25519PrivateKey(const Seed& seed) {
  start_sodium();
  check(crypto_sign_seed_keypair(raw(public_.bytes.data()), raw(secret_.data()),
                                 raw(seed.data())) == 0,
        "every seed makes a key");
}

Ed25519PrivateKey::~Ed25519PrivateKey() {
  sodium_memzero(secret_.data(), secret_.size());
}

Ed25519PrivateKey::Seed Ed25519PrivateKey::seed() const {
  Seed seed;
  std::copy_n(secret_.begin(), seed.size(), seed.begin());
  return seed;
}

Ed25519Signature Ed25519PrivateKey::sign(ByteView message) const {
  Ed25519Signature signature;
  check(crypto_sign_detached(raw(signature.bytes.data()), nullptr, raw(message.data()),
                             message.size(), raw(secret_.data())) == 0,
        "signing cannot fail");
  return signature;
}

bool verify(const Ed25519PublicKey& key, ByteView message, ByteView signature) {
  start_sodium();
  if (signature.size() != ed25519_signature_size_bytes) return false;
  return crypto_sign_verify_detached(raw(signature.data()), raw(message.data()), message.size(),
                                     raw(key.bytes.data())) == 0;
}

}  // namespace mycel::crypto
