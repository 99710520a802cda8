// Key files: our own, those of RFC 8410 and RFC 9881, and those of the openssl command.

#include "foundation/crypto/pkcs8.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <unistd.h>

#include "foundation/crypto/test_hex.hpp"

namespace mycel::crypto {
namespace {

Ed25519PrivateKey::Seed counting_seed() {
  Ed25519PrivateKey::Seed seed;
  for (std::size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(i);
  return seed;
}

std::string text_of(const SecretBytes& bytes) {
  return std::string(as_text(bytes));
}

auto read(std::string_view pem, std::string_view passphrase) {
  return private_key_from_pem(as_bytes(pem), as_bytes(passphrase));
}
auto read(std::string_view pem) {
  return private_key_from_pem(as_bytes(pem), std::nullopt);
}

std::string public_key_hex(const PrivateKey& key) {
  return std::visit([](const auto& any) { return to_hex(any.public_key().view()); }, key);
}

std::vector<PrivateKey> keys_of_all_kinds() {
  return {Ed25519PrivateKey(counting_seed()),
          MlDsaPrivateKey(MlDsaStrength::ml_dsa_65, counting_seed()),
          MlDsaPrivateKey(MlDsaStrength::ml_dsa_87, counting_seed())};
}

// Made by openssl genpkey.
constexpr std::string_view openssl_plain = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEII10cxkcJ3Q5wIC26oQ/XCvKo6yc9eCWfJtvJe3NG/OG
-----END PRIVATE KEY-----
)";
constexpr std::string_view openssl_public =
    "e942661c9338eb46b215d4281ddb3245494cc590b446855a5c677648638888cc";
// The same under the passphrase "correct": openssl pkcs8 -topk8 with PBKDF2, scrypt, PBES1, and
// with 20 million iterations of PBKDF2.
constexpr std::string_view openssl_pbkdf2 = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgXjK8MB8UXBwICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEH7pUXoivin1NxLAomsk800EQNTD
77tffO4NBI0unAvDMy2ivgpQu0MqTHA/nbRJQmoIk2a433E4o99mo/tV2bqEI+hD
EUJGWVkFFPszHNEwFew=
-----END ENCRYPTED PRIVATE KEY-----
)";
constexpr std::string_view openssl_scrypt = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGTME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAjS7F72NrqkPQICQAAC
AQgCAQEwHQYJYIZIAWUDBAEqBBAfe8PQBYVekrNjqj+Hha1CBEAnoA1ATUZDJmvP
wcDhLbUgH0Uj/krvuCXty7qnN25ELp9H3L7eEqZ9ozKNTAuzzRkYe54Ix9+a/wCK
5FbDn4kY
-----END ENCRYPTED PRIVATE KEY-----
)";
constexpr std::string_view openssl_pbes1 = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MFgwHAYKKoZIhvcNAQwBAzAOBAgGoEPHWONV/AICCAAEOEcLfUrGOOFiIKJVBP6K
w9YQ0EI0o3NStzOY/nkNXuDKBmmhKk1iU/oxYYuCh5/FKK4+BwVh4Dzv
-----END ENCRYPTED PRIVATE KEY-----
)";
constexpr std::string_view openssl_costly = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGdMFkGCSqGSIb3DQEFDTBMMCsGCSqGSIb3DQEFDDAeBAj2UFsp6yfxqwIEATEt
ADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQf5IKMVKe1sOqq3BmrE3mUARA
z5WG6ljZCA0cOdNcynT6cCUct7xy4U8fJ93AQDiyZyu+z8Cj1TLP/iz6vw3GB58w
rQcSMR1KeZhU0ay/05WuHA==
-----END ENCRYPTED PRIVATE KEY-----
)";

TEST(Pkcs8, every_kind_of_key_reads_back_as_itself) {
  for (const PrivateKey& key : keys_of_all_kinds()) {
    const std::string pem = text_of(to_pem(key));
    EXPECT_FALSE(is_encrypted_pem(as_bytes(pem)));
    const auto again = read(pem);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->index(), key.index());
    EXPECT_EQ(public_key_hex(*again), public_key_hex(key));
  }
}

TEST(Pkcs8, every_kind_of_encrypted_key_reads_back_with_its_passphrase_only) {
  for (const PrivateKey& key : keys_of_all_kinds()) {
    const std::string pem = text_of(to_encrypted_pem(key, as_bytes("correct"), {}));
    EXPECT_TRUE(is_encrypted_pem(as_bytes(pem)));
    const auto again = read(pem, "correct");
    ASSERT_TRUE(again);
    EXPECT_EQ(public_key_hex(*again), public_key_hex(key));
    EXPECT_EQ(read(pem, "wrong").error(), Pkcs8Error::wrong_passphrase);
    EXPECT_EQ(read(pem, "").error(), Pkcs8Error::wrong_passphrase);
    EXPECT_EQ(read(pem).error(), Pkcs8Error::passphrase_missing);
  }
}

TEST(Pkcs8, ml_dsa_keys_are_written_as_the_examples_of_rfc_9881) {
  const auto keys = keys_of_all_kinds();
  EXPECT_EQ(text_of(to_pem(keys[1])), R"(-----BEGIN PRIVATE KEY-----
MDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ
GhscHR4f
-----END PRIVATE KEY-----
)");
  EXPECT_EQ(text_of(to_pem(keys[2])), R"(-----BEGIN PRIVATE KEY-----
MDQCAQAwCwYJYIZIAWUDBAMTBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ
GhscHR4f
-----END PRIVATE KEY-----
)");
}

// RFC 8410, §10.3.
TEST(Pkcs8, an_ed25519_key_is_written_as_the_example_of_rfc_8410) {
  constexpr std::string_view example = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
)";
  const auto key = read(example);
  ASSERT_TRUE(key);
  EXPECT_EQ(text_of(to_pem(*key)), example);
  EXPECT_EQ(public_key_hex(*key),
            "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1");
}

TEST(Pkcs8, reads_what_the_openssl_command_wrote) {
  for (const auto pem : {openssl_plain, openssl_pbkdf2, openssl_scrypt}) {
    const auto key = read(pem, "correct");
    ASSERT_TRUE(key) << pem;
    EXPECT_EQ(public_key_hex(*key), openssl_public);
  }
  EXPECT_EQ(read(openssl_pbkdf2, "wrong").error(), Pkcs8Error::wrong_passphrase);
  EXPECT_EQ(read(openssl_scrypt, "wrong").error(), Pkcs8Error::wrong_passphrase);
}

TEST(Pkcs8, old_encryption_and_too_much_work_are_refused_before_any_work_is_done) {
  EXPECT_EQ(read(openssl_pbes1, "correct").error(), Pkcs8Error::unsupported_key);
  EXPECT_EQ(read(openssl_costly, "correct").error(), Pkcs8Error::too_costly);
  const DerivationLimits strict = {.pbkdf2_iterations_max = 2047, .scrypt_work_max = 131071};
  for (const auto pem : {openssl_pbkdf2, openssl_scrypt})
    EXPECT_EQ(private_key_from_pem(as_bytes(pem), as_bytes("correct"), strict).error(),
              Pkcs8Error::too_costly);
}

TEST(Pkcs8, a_file_that_was_cut_anywhere_is_malformed) {
  for (const auto pem : {openssl_plain, openssl_pbkdf2}) {
    const std::size_t whole = pem.size() - 1;  // the last line may lack its end
    for (std::size_t size = 0; size < whole; ++size)
      EXPECT_EQ(read(pem.substr(0, size), "correct").error(), Pkcs8Error::malformed) << size;
  }
}

TEST(Pkcs8, other_things_are_told_from_damaged_ones) {
  EXPECT_EQ(read("").error(), Pkcs8Error::malformed);
  EXPECT_EQ(read("not a key").error(), Pkcs8Error::malformed);
  EXPECT_EQ(read("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n").error(),
            Pkcs8Error::malformed);
  EXPECT_EQ(read("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n").error(),
            Pkcs8Error::unsupported_key);
  EXPECT_EQ(read(std::string(pem_size_max_bytes + 1, 'A')).error(), Pkcs8Error::malformed);
  constexpr std::string_view x25519 = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
)";
  EXPECT_EQ(read(x25519).error(), Pkcs8Error::unsupported_key);
}

TEST(Pkcs8, a_refused_file_leaves_no_error_behind_for_tls_to_find) {
  ERR_clear_error();
  EXPECT_FALSE(read("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  EXPECT_FALSE(read(openssl_pbkdf2, "wrong"));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

/// Runs the system's openssl command on files in a folder of its own.
class OpensslCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no openssl command";
    std::string name = (std::filesystem::temp_directory_path() / "pkcs8_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override {
    if (!folder.empty()) std::filesystem::remove_all(folder);
  }
  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder / name) << text;
  }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }
  bool openssl(const std::string& arguments) const {
    const std::string command = "cd " + folder.string() + " && openssl " + arguments + " >log 2>&1";
    return std::system(command.c_str()) == 0;
  }
  std::filesystem::path folder;
};

TEST_F(OpensslCommand, reads_our_plain_and_encrypted_files_and_gives_the_same_key) {
  const PrivateKey key = Ed25519PrivateKey(counting_seed());
  write("plain.pem", text_of(to_pem(key)));
  write("encrypted.pem", text_of(to_encrypted_pem(key, as_bytes("correct"), {})));
  ASSERT_TRUE(openssl("pkey -in plain.pem -pubout -outform DER -out plain.pub")) << content("log");
  ASSERT_TRUE(
      openssl("pkey -in encrypted.pem -passin pass:correct -pubout -outform DER "
              "-out encrypted.pub"))
      << content("log");
  EXPECT_FALSE(openssl("pkey -in encrypted.pem -passin pass:wrong -noout"));
  for (const auto* name : {"plain.pub", "encrypted.pub"})
    EXPECT_TRUE(to_hex(as_bytes(content(name))).ends_with(public_key_hex(key))) << name;
}

TEST_F(OpensslCommand, makes_files_that_we_read) {
  ASSERT_TRUE(openssl("genpkey -algorithm ed25519 -out plain.pem")) << content("log");
  ASSERT_TRUE(openssl("pkey -in plain.pem -aes256 -passout pass:correct -out encrypted.pem"));
  ASSERT_TRUE(openssl("pkey -in plain.pem -pubout -outform DER -out public.der"));
  const auto plain = read(content("plain.pem"));
  const auto encrypted = read(content("encrypted.pem"), "correct");
  ASSERT_TRUE(plain && encrypted);
  EXPECT_EQ(public_key_hex(*plain), public_key_hex(*encrypted));
  EXPECT_TRUE(to_hex(as_bytes(content("public.der"))).ends_with(public_key_hex(*plain)));
}

}  // namespace
}  // namespace mycel::crypto
