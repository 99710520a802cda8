#include "foundation/crypto/ml_dsa.hpp"

#include <utility>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "foundation/base/check.hpp"
#include "foundation/crypto/openssl_glue.hpp"
#include "foundation/crypto/secret_bytes.hpp"

namespace mycel::crypto {
namespace {

using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using ContextPtr = OpensslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

const char* name_of(MlDsaStrength strength) {
  return strength == MlDsaStrength::ml_dsa_65 ? "ML-DSA-65" : "ML-DSA-87";
}

// Fetched once: looking an algorithm up by name takes locks that workers would queue for.
EVP_SIGNATURE* algorithm(MlDsaStrength strength) {
  static EVP_SIGNATURE* const strength_65 = EVP_SIGNATURE_fetch(nullptr, "ML-DSA-65", nullptr);
  static EVP_SIGNATURE* const strength_87 = EVP_SIGNATURE_fetch(nullptr, "ML-DSA-87", nullptr);
  EVP_SIGNATURE* const found = strength == MlDsaStrength::ml_dsa_65 ? strength_65 : strength_87;
  check(found != nullptr, "OpenSSL offers ML-DSA");
  return found;
}

ContextPtr context_of(EVP_PKEY* key) {
  ContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  check(context != nullptr, "a key has a context");
  return context;
}

KeyPtr key_from_seed(MlDsaStrength strength, ByteView seed) {
  const ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, name_of(strength), nullptr));
  check(context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1, "OpenSSL offers ML-DSA");
  OSSL_PARAM params[] = {octets(OSSL_PKEY_PARAM_ML_DSA_SEED, seed), OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  check(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, params) == 1,
        "every seed makes a key");
  return KeyPtr(key);
}

}  // namespace

struct MlDsaPublicKey::State {
  MlDsaStrength strength;
  Bytes bytes;
  KeyPtr key;
};

struct MlDsaPrivateKey::State {
  State(MlDsaStrength strength, const Seed& from)
      : seed(from), key(key_from_seed(strength, from)) {}
  ~State() { wipe(seed); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Seed seed;
  KeyPtr key;
};

std::optional<MlDsaPublicKey> MlDsaPublicKey::from(MlDsaStrength strength, ByteView view) {
  if (view.size() != public_key_size_bytes(strength)) return std::nullopt;
  const ErrorQueueGuard guard;
  KeyPtr key(EVP_PKEY_new_raw_public_key_ex(nullptr, name_of(strength), nullptr, raw(view.data()),
                                            view.size()));
  if (key == nullptr) return std::nullopt;
  return MlDsaPublicKey(std::make_shared<const State>(strength, Bytes::copy(view), std::move(key)));
}

MlDsaStrength MlDsaPublicKey::strength() const {
  return state_->strength;
}

ByteView MlDsaPublicKey::view() const {
  return state_->bytes;
}

bool MlDsaPublicKey::verify(ByteView message, ByteView signature, ByteView context) const {
  if (signature.size() != signature_size_bytes(state_->strength)) return false;
  if (context.size() > ml_dsa_context_size_max_bytes) return false;
  const ErrorQueueGuard guard;
  const OSSL_PARAM params[] = {octets(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, context),
                               OSSL_PARAM_construct_end()};
  const ContextPtr verifier = context_of(state_->key.get());
  check(EVP_PKEY_verify_message_init(verifier.get(), algorithm(state_->strength), params) == 1,
        "verifying starts");
  return EVP_PKEY_verify(verifier.get(), raw(signature.data()), signature.size(),
                         raw(message.data()), message.size()) == 1;
}

MlDsaPrivateKey::MlDsaPrivateKey(MlDsaStrength strength, const Seed& seed)
    : state_(std::make_shared<const State>(strength, seed)), public_(nullptr) {
  std::vector<std::byte> bytes(public_key_size_bytes(strength));
  std::size_t size = bytes.size();
  check(EVP_PKEY_get_raw_public_key(state_->key.get(), raw(bytes.data()), &size) == 1 &&
            size == bytes.size(),
        "a private key knows its public key");
  auto public_key = MlDsaPublicKey::from(strength, bytes);
  check(public_key.has_value(), "our own public key is well formed");
  public_ = *std::move(public_key);
}

MlDsaPrivateKey::Seed MlDsaPrivateKey::seed() const {
  return state_->seed;
}

Bytes MlDsaPrivateKey::sign(ByteView message, const Hedge& hedge, ByteView context) const {
  check(context.size() <= ml_dsa_context_size_max_bytes, "a context has at most 255 bytes");
  const OSSL_PARAM params[] = {octets(OSSL_SIGNATURE_PARAM_CONTEXT_STRING, context),
                               octets(OSSL_SIGNATURE_PARAM_TEST_ENTROPY, hedge),
                               OSSL_PARAM_construct_end()};
  const ContextPtr signer = context_of(state_->key.get());
  check(EVP_PKEY_sign_message_init(signer.get(), algorithm(strength()), params) == 1,
        "signing starts");
  std::vector<std::byte> signature(signature_size_bytes(strength()));
  std::size_t size = signature.size();
  check(EVP_PKEY_sign(signer.get(), raw(signature.data()), &size, raw(message.data()),
                      message.size()) == 1 &&
            size == signature.size(),
        "signing cannot fail");
  return Bytes(std::move(signature));
}

}  // namespace mycel::crypto
