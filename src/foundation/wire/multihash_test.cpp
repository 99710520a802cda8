// A digest keeps its function and its size.

#include "foundation/wire/multihash.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

constexpr std::string_view hello =
    "1220b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";

TEST(Multihash, of_content_is_what_other_implementations_make_of_it) {
  const Multihash hash = sha256_multihash(as_bytes("hello world"));
  EXPECT_EQ(to_hex(encode(hash)), hello);
  EXPECT_EQ(must(decode_multihash(from_hex(hello))), hash);
  EXPECT_TRUE(is_sha256_of(hash, as_bytes("hello world")));
  EXPECT_FALSE(is_sha256_of(hash, as_bytes("hello worlds")));
}

TEST(Multihash, of_a_function_we_do_not_know_is_kept) {
  const Bytes blake2b = from_hex("a0e40220" + std::string(64, 'a'));
  const Multihash hash = must(decode_multihash(blake2b));
  EXPECT_EQ(hash.code, 0xb220U);
  EXPECT_EQ(encode(hash), blake2b);
  EXPECT_FALSE(is_sha256_of(hash, as_bytes("hello world")));
}

TEST(Multihash, of_the_wrong_size_is_refused) {
  EXPECT_EQ(decode_multihash({}).error(), Fault::truncated);
  EXPECT_EQ(decode_multihash(from_hex("12")).error(), Fault::truncated);
  EXPECT_EQ(decode_multihash(from_hex("1220aabb")).error(), Fault::truncated);
  EXPECT_EQ(decode_multihash(from_hex(std::string(hello) + "00")).error(), Fault::trailing_bytes);
  EXPECT_EQ(decode_multihash(from_hex("1202aabb")).error(), Fault::malformed);
  EXPECT_EQ(decode_multihash(from_hex("0000")).error(), Fault::malformed);
  EXPECT_EQ(decode_multihash(from_hex("9200" + std::string(hello).substr(2))).error(),
            Fault::not_canonical);
}

TEST(Multihash, announces_no_more_than_a_digest) {
  // A length near 2^63 must be refused before anything is made of it.
  EXPECT_EQ(decode_multihash(from_hex("12ffffffffffffffff7f")).error(), Fault::too_large);
  EXPECT_EQ(decode_multihash(from_hex("008101")).error(), Fault::too_large);
}

TEST(Multihash, of_a_peer_is_its_id) {
  const PeerId peer = *PeerId::from_multihash(from_hex(hello));
  EXPECT_EQ(to_hex(encode(multihash_of(peer))), hello);
}

}  // namespace
}  // namespace mycel::wire
