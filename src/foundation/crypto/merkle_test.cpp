// The tree of RFC 9162: the roots that Certificate Transparency's own tests publish, and what must
// not pass for a proof.

#include "foundation/crypto/merkle.hpp"

#include <array>
#include <string_view>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "foundation/crypto/hex_test.hpp"

namespace mycel::crypto {
namespace {

// The leaves and roots of the reference implementation, for trees of 0 to 8 leaves.
constexpr std::array<std::string_view, 8> leaf_bytes{
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
};
constexpr std::array<std::string_view, 9> roots{
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

std::vector<Digest> numbered_leaves(std::uint64_t count) {
  std::vector<Digest> leaves;
  for (std::uint64_t i = 0; i < count; ++i)
    leaves.push_back(merkle_leaf(std::as_bytes(std::span(&i, 1))));
  return leaves;
}

TEST(Merkle, gives_the_roots_that_certificate_transparency_published) {
  std::vector<Digest> leaves;
  for (std::size_t count = 0; count <= leaf_bytes.size(); ++count) {
    EXPECT_EQ(to_hex(MerkleTree(leaves).root().view()), roots[count]) << count << " leaves";
    if (count < leaf_bytes.size()) leaves.push_back(merkle_leaf(from_hex(leaf_bytes[count])));
  }
}

TEST(Merkle, each_leaf_of_every_small_tree_is_proved_in_its_place_and_in_no_other) {
  for (std::uint64_t size = 1; size <= 33; ++size) {
    const auto leaves = numbered_leaves(size);
    const MerkleTree tree(leaves);
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto path = tree.path(index);
      EXPECT_EQ(path.size(), merkle_path_size(index, size));
      for (std::uint64_t claimed = 0; claimed < size + 2; ++claimed)
        EXPECT_EQ(merkle_root(claimed, size, leaves[index], path) == tree.root(), claimed == index)
            << index << " of " << size << " claimed as " << claimed;
    }
  }
}

TEST(Merkle, a_node_does_not_pass_for_a_leaf) {
  const auto leaves = numbered_leaves(4);
  const MerkleTree tree(leaves);
  std::vector<std::byte> inner;
  append(inner, leaves[0].view());
  append(inner, leaves[1].view());
  const Digest right = merkle_node(leaves[2], leaves[3]);
  EXPECT_EQ(merkle_root(0, 2, merkle_node(leaves[0], leaves[1]), std::array{right}), tree.root());
  EXPECT_NE(merkle_root(0, 2, merkle_leaf(inner), std::array{right}), tree.root());
}

TEST(Merkle, a_path_of_another_length_proves_nothing) {
  const auto leaves = numbered_leaves(7);
  const MerkleTree tree(leaves);
  auto path = tree.path(3);
  path.push_back(leaves[0]);
  EXPECT_EQ(merkle_root(3, 7, leaves[3], path), std::nullopt);
  path.resize(2);
  EXPECT_EQ(merkle_root(3, 7, leaves[3], path), std::nullopt);
  EXPECT_EQ(merkle_root(7, 7, leaves[3], path), std::nullopt);
  EXPECT_EQ(merkle_root(0, 0, leaves[3], {}), std::nullopt);
}

TEST(Merkle, a_proof_grows_with_the_logarithm_of_the_content) {
  EXPECT_EQ(merkle_path_size(0, 1), 0U);
  EXPECT_EQ(merkle_path_size(0, 1'000'000), 20U);
  EXPECT_EQ(merkle_path_size(UINT64_MAX - 1, UINT64_MAX), 63U);
}

RC_GTEST_PROP(MerkleProperty, any_change_of_leaf_or_path_misses_the_root, ()) {
  const auto size = *rc::gen::inRange<std::uint64_t>(1, 200);
  const auto index = *rc::gen::inRange<std::uint64_t>(0, size);
  auto leaves = numbered_leaves(size);
  const MerkleTree tree(leaves);
  auto path = tree.path(index);
  RC_ASSERT(merkle_root(index, size, leaves[index], path) == tree.root());

  const auto where = *rc::gen::inRange<std::size_t>(0, path.size() + 1);
  const auto bit = *rc::gen::inRange<std::size_t>(0, 256);
  Digest& bent = where == path.size() ? leaves[index] : path[where];
  bent.bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  RC_ASSERT(merkle_root(index, size, leaves[index], path) != tree.root());
}

}  // namespace
}  // namespace mycel::crypto
