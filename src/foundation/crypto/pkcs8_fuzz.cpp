// Any bytes as a key file: nothing but an error or a key that reads back as itself.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "foundation/base/check.hpp"
#include "foundation/crypto/pkcs8.hpp"

using namespace mycel;
using namespace mycel::crypto;

namespace {

constexpr DerivationLimits quick = {.pbkdf2_iterations_max = 100, .scrypt_work_max = 256};

void read(ByteView pem) {
  is_encrypted_pem(pem);
  const auto key = private_key_from_pem(pem, as_bytes("passphrase"), quick);
  if (!key) return;
  const SecretBytes again = to_pem(*key);
  const auto second = private_key_from_pem(again, std::nullopt);
  check(second && second->index() == key->index(), "a key file that was read can be written");
}

// Armour around any DER, so that the fuzzer need not find out how base64 works.
std::string armoured(const std::string& label, ByteView der) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < der.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < der.size() ? std::to_integer<unsigned>(der[i + j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j)
      text += i + j > der.size() ? '=' : alphabet[group >> (18 - 6 * j) & 63];
    if (i % 48 == 45) text += '\n';
  }
  return "-----BEGIN " + label + "-----\n" + text + "\n-----END " + label + "-----\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  read(bytes);
  if (size <= 8192) {
    read(as_bytes(armoured("PRIVATE KEY", bytes)));
    read(as_bytes(armoured("ENCRYPTED PRIVATE KEY", bytes)));
  }
  return 0;
}
