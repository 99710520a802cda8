// Parts of large content: each proves itself against the content's name, and nothing else does.

#include "foundation/wire/content.hpp"

#include <optional>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "foundation/wire/proto.hpp"
#include "foundation/wire/testing.hpp"

namespace mycel::wire {
namespace {

constexpr std::uint32_t small = chunk_size_min_bytes;

/// Content of `size` bytes, cut into chunks, with every part proved.
struct Cut {
  explicit Cut(std::size_t size, std::uint32_t chunk_size = small, std::byte salt = std::byte{7}) {
    for (std::size_t i = 0; i < size; ++i)
      bytes.push_back(salt ^ static_cast<std::byte>(i * 2654435761U >> 13));
    ContentTree tree(chunk_size);
    for (std::size_t at = 0; at < size; at += chunk_size) tree.add(chunk_at(at, chunk_size));
    manifest = tree.finish();
    for (std::uint64_t i = 0; i < manifest.parts(); ++i)
      parts.push_back(tree.part(i, Bytes::copy(chunk_at(i * chunk_size, chunk_size))));
  }
  ByteView chunk_at(std::size_t at, std::size_t size) const {
    return ByteView(bytes).subspan(at, std::min(size, bytes.size() - at));
  }
  Cid cid() const { return cid_of(manifest); }

  std::vector<std::byte> bytes;
  Manifest manifest;
  std::vector<Part> parts;
};

std::optional<PartRefusal> refusal_of(const Cid& content, const Part& part) {
  const auto proven = prove_part(content, part);
  if (proven) return std::nullopt;
  return proven.error();
}

TEST(Content, parts_give_back_the_whole) {
  for (const std::size_t size : {0U, 1U, 1023U, 1024U, 1025U, 5000U, 65536U}) {
    const Cut cut(size);
    std::vector<std::byte> whole;
    for (std::uint64_t i = 0; i < cut.manifest.parts(); ++i) {
      const auto part = prove_part(cut.cid(), i, encode(cut.parts.at(i)));
      ASSERT_TRUE(part) << size << ", part " << i << ": " << to_text(part.error());
      EXPECT_EQ(part->offset(), whole.size());
      append(whole, part->chunk());
    }
    EXPECT_EQ(whole, cut.bytes);
  }
}

TEST(Content, its_name_is_a_raw_cid_that_does_not_change) {
  // The name binds size, chunk size and root. The one below was computed by hand, of the bytes
  // 0800 1080 8002 1a20 and the SHA-256 of one zero byte.
  const Cut cut(5000);
  EXPECT_EQ(cut.cid(), raw_cid(encode(cut.manifest)));
  EXPECT_EQ(to_text(Cut(0, chunk_size_usual_bytes).cid()),
            "bafkreibto5yr645hhb53gbpviyvdrqo46zj7eauq4bx2ix2dbdowz7hg7a");
  EXPECT_NE(Cut(5000, 2 * small).cid(), cut.cid());
  EXPECT_NE(Cut(5001).cid(), cut.cid());
}

TEST(Content, a_part_of_other_content_or_of_another_place_is_refused) {
  const Cut cut(5000);
  const Cut other(5000, small, std::byte{9});
  EXPECT_EQ(refusal_of(cut.cid(), other.parts[1]), PartRefusal::wrong_content);
  EXPECT_EQ(prove_part(cut.cid(), 2, encode(cut.parts[1])).error(), PartRefusal::wrong_place);
  Part beyond = cut.parts[4];
  beyond.index = 5;
  EXPECT_EQ(refusal_of(cut.cid(), beyond), PartRefusal::wrong_place);
  Part moved = cut.parts[1];
  moved.index = 2;
  EXPECT_EQ(refusal_of(cut.cid(), moved), PartRefusal::bad_proof);
}

TEST(Content, a_liar_cannot_lengthen_or_shorten_what_the_name_says) {
  const Cut cut(5000);
  Part longer = cut.parts[4];
  longer.manifest.size += 1;
  EXPECT_EQ(refusal_of(cut.cid(), longer), PartRefusal::wrong_content);
  Part shorter = cut.parts[4];
  shorter.chunk = shorter.chunk.slice(0, 10);
  EXPECT_EQ(refusal_of(cut.cid(), shorter), PartRefusal::bad_proof);
}

TEST(Content, an_inner_node_does_not_pass_for_a_chunk) {
  // 64 bytes that are two leaves hash to their node only where leaves and nodes are not told apart.
  const Cut cut(2 * std::size_t{small});
  std::vector<std::byte> node;
  append(node, crypto::merkle_leaf(cut.parts[0].chunk).view());
  append(node, crypto::merkle_leaf(cut.parts[1].chunk).view());
  const Manifest forged{node.size(), small, cut.manifest.root};
  EXPECT_EQ(refusal_of(cid_of(forged), {forged, 0, Bytes::copy(node), {}}), PartRefusal::bad_proof);
}

TEST(Content, limits_hold_before_anything_is_hashed) {
  EXPECT_EQ(decode_part(Bytes(std::vector<std::byte>(part_size_max_bytes + 1))).error(),
            PartRefusal::too_large);
  Part part = Cut(10).parts[0];
  part.path.assign(content_path_max + 1, {});
  EXPECT_EQ(decode_part(encode(part)).error(), PartRefusal::too_large);
  Manifest manifest = part.manifest;
  manifest.size = content_size_max_bytes + 1;
  EXPECT_EQ(decode_manifest(encode(manifest)).error(), PartRefusal::too_large);
  for (const std::uint32_t size : {0U, 1U, small - 1, small + 1, 2 * chunk_size_max_bytes}) {
    manifest = part.manifest;
    manifest.chunk_size = size;
    EXPECT_EQ(decode_manifest(encode(manifest)).error(), PartRefusal::malformed) << size;
  }
}

TEST(Content, the_usual_part_fits_one_record_of_the_dht) {
  const Manifest largest{content_size_max_bytes, chunk_size_usual_bytes, {}};
  const Part part{largest, largest.parts() - 1,
                  Bytes(std::vector<std::byte>(chunk_size_usual_bytes)),
                  std::vector<crypto::Digest>(content_path_max)};
  EXPECT_LT(encode(part).size(), std::size_t{64} << 10);
}

TEST(Content, what_is_spelled_otherwise_or_not_whole_is_refused) {
  const Bytes whole = encode(Cut(10).parts[0]);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_part(whole.slice(0, size))) << size << " bytes";
  ProtoWriter later;
  EXPECT_EQ(decode_part(from_hex(to_hex(whole) + to_hex(later.number(9, 1).view()))).error(),
            PartRefusal::malformed);
}

TEST(Content, a_key_names_one_part_and_one_part_has_one_key) {
  const Cid content = Cut(10).cid();
  const std::string key(as_text(part_key(content, 12)));
  EXPECT_EQ(key, "/mycel-part/" + to_text(content) + "/12");
  EXPECT_EQ(place_of_key(as_bytes(key)), (PartPlace{content, 12}));
  for (const std::string& other :
       {key + "0x", key + "/", "/mycel-part/" + to_text(content) + "/012",
        "/mycel-part/" + to_text(content), "/mycel-part/" + to_text(content) + "/",
        std::string("/mycel-part/x/1"), "/mycel-card/" + to_text(content) + "/1",
        "/mycel-part/" + to_text(content) + "/-1",
        "/mycel-part/" + to_text(content) + "/99999999999999999999"})
    EXPECT_EQ(place_of_key(as_bytes(other)), std::nullopt) << other;
}

TEST(Content, the_dht_stores_a_part_under_its_own_key_only) {
  const Cut cut(5000);
  const Bytes value = encode(cut.parts[3]);
  EXPECT_TRUE(validate_part(part_key(cut.cid(), 3), value));
  EXPECT_EQ(validate_part(part_key(cut.cid(), 2), value).error(), PartRefusal::wrong_place);
  EXPECT_EQ(validate_part(part_key(Cut(1).cid(), 3), value).error(), PartRefusal::wrong_content);
  EXPECT_EQ(validate_part(as_bytes("/mycel-part/3"), value).error(), PartRefusal::malformed);
}

RC_GTEST_PROP(ContentProperty, a_part_with_any_bit_changed_is_refused, ()) {
  const Cut cut(*rc::gen::inRange<std::size_t>(0, 9000));
  const auto index = *rc::gen::inRange<std::uint64_t>(0, cut.manifest.parts());
  const Bytes whole = encode(cut.parts.at(index));
  RC_ASSERT(static_cast<bool>(prove_part(cut.cid(), index, whole)));
  std::vector<std::byte> bent(whole.begin(), whole.end());
  const auto bit = *rc::gen::inRange<std::size_t>(0, bent.size() * 8);
  bent[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  RC_ASSERT(!prove_part(cut.cid(), index, bent));
}

RC_GTEST_PROP(ContentProperty, what_decodes_has_one_spelling, ()) {
  const Cut cut(*rc::gen::inRange<std::size_t>(0, 9000));
  Part part = cut.parts.at(*rc::gen::inRange<std::uint64_t>(0, cut.manifest.parts()));
  part.index = *rc::gen::arbitrary<std::uint64_t>();
  RC_ASSERT(must(decode_part(encode(part))) == part);
}

}  // namespace
}  // namespace mycel::wire
