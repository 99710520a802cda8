#include "foundation/crypto/pkcs8.hpp"

#include <climits>
#include <cstring>
#include <string_view>
#include <utility>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "foundation/base/check.hpp"
#include "foundation/crypto/openssl_glue.hpp"

namespace mycel::crypto {
namespace {

constexpr std::string_view plain_label = "PRIVATE KEY";
constexpr std::string_view encrypted_label = "ENCRYPTED PRIVATE KEY";

using BioPtr = OpensslPtr<BIO, BIO_vfree>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;
using InfoPtr = OpensslPtr<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;
using EncryptedPtr = OpensslPtr<X509_SIG, X509_SIG_free>;
using AlgorithmPtr = OpensslPtr<X509_ALGOR, X509_ALGOR_free>;

/// Memory that OpenSSL allocated for a secret.
struct Buffer {
  unsigned char* data = nullptr;
  long size = 0;
  Buffer() = default;
  ~Buffer() { OPENSSL_clear_free(data, static_cast<std::size_t>(size)); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
};

// ---- writing

constexpr std::size_t seed_size_bytes = 32;
static_assert(ed25519_key_size_bytes == seed_size_bytes);
static_assert(ml_dsa_seed_size_bytes == seed_size_bytes);

struct Spelling {
  int nid;
  unsigned char tag;  ///< of the 32 bytes inside the private key field
};

Spelling spelling_of(const PrivateKey& key) {
  const auto* post_quantum = std::get_if<MlDsaPrivateKey>(&key);
  if (post_quantum == nullptr) return {NID_ED25519, 0x04};  // RFC 8410: OCTET STRING
  const bool is_65 = post_quantum->strength() == MlDsaStrength::ml_dsa_65;
  return {is_65 ? NID_ML_DSA_65 : NID_ML_DSA_87, 0x80};  // RFC 9881: seed [0] IMPLICIT
}

InfoPtr info_of(const PrivateKey& key) {
  const Spelling spelling = spelling_of(key);
  auto seed = std::visit([](const auto& any) { return any.seed(); }, key);
  constexpr int size = 2 + seed_size_bytes;
  auto* field = static_cast<unsigned char*>(OPENSSL_malloc(size));
  check(field != nullptr, "memory for a key");
  field[0] = spelling.tag;
  field[1] = seed_size_bytes;
  std::memcpy(field + 2, seed.data(), seed.size());
  wipe(seed);
  InfoPtr info(PKCS8_PRIV_KEY_INFO_new());
  check(info != nullptr && PKCS8_pkey_set0(info.get(), OBJ_nid2obj(spelling.nid), 0, V_ASN1_UNDEF,
                                           nullptr, field, size) == 1,
        "a key fits PKCS#8");
  return info;
}

BioPtr secret_memory() {
  BioPtr bio(BIO_new(BIO_s_secmem()));
  check(bio != nullptr, "memory for a key file");
  return bio;
}

SecretBytes content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return SecretBytes::copy(std::string_view(data, static_cast<std::size_t>(size)));
}

// ---- reading

/// The DER inside the PEM, or why there is none.
Result<std::string_view, Pkcs8Error> read_pem(ByteView pem, Buffer& der) {
  if (pem.empty() || pem.size() > pem_size_max_bytes) return Err{Pkcs8Error::malformed};
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  check(bio != nullptr, "memory for a key file");
  char* label = nullptr;
  char* header = nullptr;
  if (PEM_read_bio(bio.get(), &label, &header, &der.data, &der.size) != 1)
    return Err{Pkcs8Error::malformed};
  const OpensslPtr<char, [](char* text) { OPENSSL_free(text); }> owned_label(label);
  const OpensslPtr<char, [](char* text) { OPENSSL_free(text); }> owned_header(header);
  if (label == plain_label) return plain_label;
  if (label == encrypted_label) return encrypted_label;
  const bool is_other_key = std::string_view(label).ends_with("PRIVATE KEY");
  return Err{is_other_key ? Pkcs8Error::unsupported_key : Pkcs8Error::malformed};
}

InfoPtr info_from_der(const Buffer& der) {
  const unsigned char* at = der.data;
  InfoPtr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, der.size));
  return at == der.data + der.size ? std::move(info) : nullptr;
}

Result<PrivateKey, Pkcs8Error> key_of(const PKCS8_PRIV_KEY_INFO* info) {
  const KeyPtr key(EVP_PKCS82PKEY(info));
  if (key == nullptr) {
    const ASN1_OBJECT* object = nullptr;
    PKCS8_pkey_get0(&object, nullptr, nullptr, nullptr, info);
    const int nid = OBJ_obj2nid(object);
    const bool is_known = nid == NID_ED25519 || nid == NID_ML_DSA_65 || nid == NID_ML_DSA_87;
    return Err{is_known ? Pkcs8Error::malformed : Pkcs8Error::unsupported_key};
  }
  SecretBytes seed(seed_size_bytes);
  auto* const room = raw(seed.writable().data());
  std::size_t size = seed.size();
  std::array<std::byte, seed_size_bytes> bytes{};
  const auto take = [&] { std::memcpy(bytes.data(), room, bytes.size()); };
  std::optional<PrivateKey> made;
  if (EVP_PKEY_is_a(key.get(), "ED25519") == 1) {
    if (EVP_PKEY_get_raw_private_key(key.get(), room, &size) != 1 || size != seed_size_bytes)
      return Err{Pkcs8Error::malformed};
    take();
    made = Ed25519PrivateKey(bytes);
  } else {
    const bool is_65 = EVP_PKEY_is_a(key.get(), "ML-DSA-65") == 1;
    if (!is_65 && EVP_PKEY_is_a(key.get(), "ML-DSA-87") != 1)
      return Err{Pkcs8Error::unsupported_key};
    if (EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_ML_DSA_SEED, room, size,
                                        &size) != 1 ||
        size != seed_size_bytes)
      return Err{Pkcs8Error::unsupported_key};  // only the expanded form was kept
    take();
    made = MlDsaPrivateKey(is_65 ? MlDsaStrength::ml_dsa_65 : MlDsaStrength::ml_dsa_87, bytes);
  }
  wipe(bytes);
  return *std::move(made);
}

/// A positive ASN.1 integer, or none when it is missing, negative or does not fit.
std::optional<std::uint64_t> number_of(const ASN1_INTEGER* integer) {
  std::uint64_t number = 0;
  if (integer == nullptr || ASN1_INTEGER_get_uint64(&number, integer) != 1 || number == 0)
    return std::nullopt;
  return number;
}

/// a * b, or the largest number when that does not fit.
std::uint64_t times(std::uint64_t a, std::uint64_t b) {
  std::uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

template <class T, auto free_it>
OpensslPtr<T, free_it> parameters_of(const X509_ALGOR* algorithm, const ASN1_ITEM* item) {
  const void* value = nullptr;
  int type = V_ASN1_UNDEF;
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE) return nullptr;
  const auto* sequence = static_cast<const ASN1_STRING*>(value);
  return OpensslPtr<T, free_it>(static_cast<T*>(ASN1_item_unpack(sequence, item)));
}

int kind_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

/// Looks at what the file asks for before any of it is computed.
std::optional<Pkcs8Error> derivation_problem(const X509_ALGOR* algorithm,
                                             const DerivationLimits& limits) {
  if (kind_of(algorithm) != NID_pbes2) return Pkcs8Error::unsupported_key;
  const auto scheme =
      parameters_of<PBE2PARAM, PBE2PARAM_free>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
  if (scheme == nullptr) return Pkcs8Error::malformed;
  if (kind_of(scheme->keyfunc) == NID_id_pbkdf2) {
    const auto pbkdf2 =
        parameters_of<PBKDF2PARAM, PBKDF2PARAM_free>(scheme->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM));
    const auto iterations = pbkdf2 ? number_of(pbkdf2->iter) : std::nullopt;
    if (!iterations) return Pkcs8Error::malformed;
    if (*iterations > limits.pbkdf2_iterations_max) return Pkcs8Error::too_costly;
    return std::nullopt;
  }
  if (kind_of(scheme->keyfunc) == NID_id_scrypt) {
    const auto scrypt = parameters_of<SCRYPT_PARAMS, SCRYPT_PARAMS_free>(
        scheme->keyfunc, ASN1_ITEM_rptr(SCRYPT_PARAMS));
    if (scrypt == nullptr) return Pkcs8Error::malformed;
    const auto cost = number_of(scrypt->costParameter);
    const auto block_size = number_of(scrypt->blockSize);
    const auto lanes = number_of(scrypt->parallelizationParameter);
    if (!cost || !block_size || !lanes) return Pkcs8Error::malformed;
    if (times(times(*cost, *block_size), *lanes) > limits.scrypt_work_max)
      return Pkcs8Error::too_costly;
    return std::nullopt;
  }
  return Pkcs8Error::unsupported_key;
}

/// Whether the cipher is one that OpenSSL knows and the text is whole blocks of it.
std::optional<Pkcs8Error> cipher_problem(const X509_ALGOR* algorithm,
                                         const ASN1_OCTET_STRING* text) {
  const auto scheme =
      parameters_of<PBE2PARAM, PBE2PARAM_free>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
  if (scheme == nullptr) return Pkcs8Error::malformed;
  const int nid = kind_of(scheme->encryption);
  if (nid != NID_aes_256_cbc && nid != NID_aes_192_cbc && nid != NID_aes_128_cbc)
    return Pkcs8Error::unsupported_key;
  const int size = ASN1_STRING_length(text);
  if (size == 0 || size % 16 != 0) return Pkcs8Error::malformed;
  return std::nullopt;
}

Result<PrivateKey, Pkcs8Error> decrypt(const Buffer& der, ByteView passphrase,
                                       const DerivationLimits& limits) {
  const unsigned char* at = der.data;
  const EncryptedPtr encrypted(d2i_X509_SIG(nullptr, &at, der.size));
  if (encrypted == nullptr || at != der.data + der.size) return Err{Pkcs8Error::malformed};
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_OCTET_STRING* text = nullptr;
  X509_SIG_get0(encrypted.get(), &algorithm, &text);
  if (const auto problem = derivation_problem(algorithm, limits)) return Err{*problem};
  if (const auto problem = cipher_problem(algorithm, text)) return Err{*problem};
  if (passphrase.size() > INT_MAX) return Err{Pkcs8Error::wrong_passphrase};
  const InfoPtr info(PKCS8_decrypt(encrypted.get(),
                                   reinterpret_cast<const char*>(passphrase.data()),
                                   static_cast<int>(passphrase.size())));
  if (info == nullptr) return Err{Pkcs8Error::wrong_passphrase};
  return key_of(info.get());
}

}  // namespace

SecretBytes to_pem(const PrivateKey& key) {
  const InfoPtr info = info_of(key);
  const BioPtr bio = secret_memory();
  check(PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), info.get()) == 1, "a key file is written");
  return content_of(bio.get());
}

SecretBytes to_encrypted_pem(const PrivateKey& key, ByteView passphrase, const Pkcs8Salt& salt) {
  check(passphrase.size() <= INT_MAX, "a passphrase is short");
  Pkcs8Salt bytes = salt;  // OpenSSL asks for memory that it may write to
  AlgorithmPtr algorithm(PKCS5_pbe2_set_scrypt(
      EVP_aes_256_cbc(), raw(salt.salt.data()), static_cast<int>(salt.salt.size()),
      raw(bytes.iv.data()), key_file_cost.cost, key_file_cost.block_size, key_file_cost.lanes));
  check(algorithm != nullptr, "OpenSSL offers scrypt and AES-256-CBC");
  const InfoPtr info = info_of(key);
  const EncryptedPtr encrypted(PKCS8_set0_pbe(reinterpret_cast<const char*>(passphrase.data()),
                                              static_cast<int>(passphrase.size()), info.get(),
                                              algorithm.get()));
  check(encrypted != nullptr, "encrypting cannot fail");
  algorithm.release();  // NOLINT(bugprone-unused-return-value): the encrypted key owns it now
  const BioPtr bio = secret_memory();
  check(PEM_write_bio_PKCS8(bio.get(), encrypted.get()) == 1, "a key file is written");
  return content_of(bio.get());
}

Result<PrivateKey, Pkcs8Error> private_key_from_pem(ByteView pem,
                                                    std::optional<ByteView> passphrase,
                                                    const DerivationLimits& limits) {
  const ErrorQueueGuard guard;
  Buffer der;
  const auto label = read_pem(pem, der);
  if (!label) return Err{label.error()};
  if (*label == encrypted_label) {
    if (!passphrase) return Err{Pkcs8Error::passphrase_missing};
    return decrypt(der, *passphrase, limits);
  }
  const InfoPtr info = info_from_der(der);
  if (info == nullptr) return Err{Pkcs8Error::malformed};
  return key_of(info.get());
}

bool is_encrypted_pem(ByteView pem) {
  return as_text(pem).find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos;
}

}  // namespace mycel::crypto
