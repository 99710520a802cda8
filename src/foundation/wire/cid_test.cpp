// Names of "hello world" as js-multiformats makes them.

#include "foundation/wire/cid.hpp"

#include <string>

#include <gtest/gtest.h>

#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

constexpr std::string_view raw_text = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";
constexpr std::string_view raw_binary =
    "01551220b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
constexpr std::string_view v0_text = "QmaozNR7DZHQK1ZcU9p7QdrshMvXqWK6gpu5rmrkPdT3L4";
constexpr std::string_view v0_as_v1 = "bafybeifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e";

TEST(Cid, of_raw_bytes_is_what_other_implementations_make_of_it) {
  const Cid cid = raw_cid(as_bytes("hello world"));
  EXPECT_EQ(to_text(cid), raw_text);
  EXPECT_EQ(to_hex(encode(cid)), raw_binary);
  EXPECT_EQ(must(parse_cid(raw_text)), cid);
  EXPECT_EQ(must(decode_cid(from_hex(raw_binary))), cid);
}

TEST(Cid, of_version_0_reads_as_dag_pb_and_is_written_as_version_1) {
  const Cid cid = must(parse_cid(v0_text));
  EXPECT_EQ(cid.codec, Codec::dag_pb);
  EXPECT_EQ(to_text(cid), v0_as_v1);
  EXPECT_EQ(must(decode_cid(encode(cid.hash))), cid);
  EXPECT_EQ(must(parse_cid(v0_as_v1)), cid);
}

TEST(Cid, of_a_kind_we_do_not_know_is_kept) {
  const Bytes git_raw = from_hex("0178" + std::string(raw_binary).substr(4));
  const Cid cid = must(decode_cid(git_raw));
  EXPECT_EQ(static_cast<std::uint64_t>(cid.codec), 0x78U);
  EXPECT_EQ(encode(cid), git_raw);
}

TEST(Cid, in_another_base_is_the_same) {
  const Cid cid = must(parse_cid(raw_text));
  EXPECT_EQ(must(parse_cid("zb2rhj7crUKTQYRGCRATFaQ6YFLTde2YzdqbbhAASkL9uRDXn")).codec, Codec::raw);
  EXPECT_EQ(must(parse_cid("uAVUSILlNJ7mTTT4IpS5S19p9q_rEhO_jelOA7pCI96zi783p")), cid);
}

TEST(Cid, that_is_not_one_is_refused) {
  EXPECT_EQ(parse_cid("").error(), Fault::truncated);
  EXPECT_EQ(parse_cid(raw_text.substr(0, 57)).error(), Fault::truncated);
  EXPECT_EQ(decode_cid(from_hex("0255" + std::string(raw_binary).substr(4))).error(),
            Fault::unknown_kind);
  EXPECT_EQ(decode_cid(from_hex(std::string(raw_binary) + "00")).error(), Fault::trailing_bytes);
  // A version 0 dressed up in multibase.
  EXPECT_EQ(parse_cid("z" + std::string(v0_text)).error(), Fault::malformed);
}

}  // namespace
}  // namespace mycel::wire
