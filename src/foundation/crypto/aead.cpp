#include "foundation/crypto/aead.hpp"

#include <climits>

#include <openssl/evp.h>

#include "foundation/base/check.hpp"
#include "foundation/crypto/openssl_glue.hpp"
#include "foundation/crypto/secret_bytes.hpp"

namespace mycel::crypto {
namespace {

using ContextPtr = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

// OpenSSL counts in int.
int count(std::size_t size) {
  check(size <= INT_MAX - aead_tag_size_bytes, "one sealed message is less than 2 GiB");
  return static_cast<int>(size);
}

const EVP_CIPHER* algorithm() {
  static const EVP_CIPHER* const gcm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  check(gcm != nullptr, "OpenSSL offers AES-256-GCM");
  return gcm;
}

ContextPtr start(const AeadKey& key, const AeadNonce& nonce, ByteView associated, bool is_sealing) {
  ContextPtr context(EVP_CIPHER_CTX_new());
  check(context != nullptr && EVP_CipherInit_ex2(context.get(), algorithm(), raw(key.data()),
                                                 raw(nonce.data()), is_sealing, nullptr) == 1,
        "AES-256-GCM starts");
  int done = 0;
  if (!associated.empty())
    check(EVP_CipherUpdate(context.get(), nullptr, &done, raw(associated.data()),
                           count(associated.size())) == 1,
          "AES-256-GCM takes any associated bytes");
  return context;
}

void update(EVP_CIPHER_CTX* context, std::byte* out, ByteView in) {
  int done = 0;
  if (in.empty()) return;
  check(EVP_CipherUpdate(context, raw(out), &done, raw(in.data()), count(in.size())) == 1 &&
            done == count(in.size()),
        "AES-256-GCM takes any bytes");
}

}  // namespace

std::vector<std::byte> seal(const AeadKey& key, const AeadNonce& nonce, ByteView associated,
                            ByteView plain) {
  std::vector<std::byte> sealed(plain.size() + aead_tag_size_bytes);
  std::byte* const tag = sealed.data() + plain.size();
  const ContextPtr context = start(key, nonce, associated, true);
  update(context.get(), sealed.data(), plain);
  int done = 0;
  check(
      EVP_CipherFinal_ex(context.get(), raw(tag), &done) == 1 &&
          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, aead_tag_size_bytes, tag) == 1,
      "AES-256-GCM ends");
  return sealed;
}

std::optional<std::vector<std::byte>> open(const AeadKey& key, const AeadNonce& nonce,
                                           ByteView associated, ByteView sealed) {
  if (sealed.size() < aead_tag_size_bytes) return std::nullopt;
  std::vector<std::byte> plain(sealed.size() - aead_tag_size_bytes);
  if (!open_into(key, nonce, associated, sealed, plain)) return std::nullopt;
  return plain;
}

bool open_into(const AeadKey& key, const AeadNonce& nonce, ByteView associated, ByteView sealed,
               std::span<std::byte> plain) {
  if (sealed.size() < aead_tag_size_bytes) return false;
  check(plain.size() == sealed.size() - aead_tag_size_bytes, "the plain text is a tag shorter");
  const ErrorQueueGuard guard;
  const ContextPtr context = start(key, nonce, associated, false);
  update(context.get(), plain.data(), sealed.first(plain.size()));
  auto* const tag = const_cast<std::byte*>(sealed.data() + plain.size());  // only read
  check(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, aead_tag_size_bytes, tag) == 1,
        "AES-256-GCM takes a tag");
  int done = 0;
  unsigned char rest[aead_tag_size_bytes];
  if (EVP_CipherFinal_ex(context.get(), rest, &done) == 1) return true;
  wipe(plain);  // what was not proved to be whole is not to be used
  return false;
}

}  // namespace mycel::crypto
