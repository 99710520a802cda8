#include "foundation/crypto/passphrase_key.hpp"

#include <openssl/evp.h>

#include "foundation/base/check.hpp"
#include "foundation/crypto/openssl_glue.hpp"

namespace mycel::crypto {
namespace {

constexpr std::uint64_t memory_max_bytes = std::uint64_t{1} << 30;

}  // namespace

AeadKey passphrase_key(ByteView passphrase, const PassphraseSalt& salt, ScryptCost cost) {
  AeadKey key{};
  check(EVP_PBE_scrypt(reinterpret_cast<const char*>(passphrase.data()), passphrase.size(),
                       raw(salt.data()), salt.size(), cost.cost, cost.block_size, cost.lanes,
                       memory_max_bytes, raw(key.data()), key.size()) == 1,
        "scrypt takes any passphrase");
  return key;
}

}  // namespace mycel::crypto
