// SHA-256 by the examples of NIST FIPS 180-4.

#include "foundation/crypto/hash.hpp"

#include <string>

#include <gtest/gtest.h>

namespace mycel::crypto {
namespace {

constexpr std::string_view two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
constexpr std::string_view two_blocks_digest =
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";

std::string digest_of(std::string_view text) {
  return to_hex(sha256(as_bytes(text)).view());
}

TEST(Sha256, gives_the_digests_that_nist_published) {
  EXPECT_EQ(digest_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digest_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digest_of(two_blocks), two_blocks_digest);
  EXPECT_EQ(digest_of(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, parts_give_the_digest_of_the_whole) {
  for (std::size_t cut = 0; cut <= two_blocks.size(); ++cut) {
    Sha256 hash;
    hash.update(as_bytes(two_blocks.substr(0, cut)));
    hash.update(as_bytes(two_blocks.substr(cut)));
    EXPECT_EQ(to_hex(hash.finish().view()), two_blocks_digest) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace mycel::crypto
