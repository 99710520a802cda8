#include "foundation/crypto/merkle.hpp"

#include <array>
#include <utility>

#include "foundation/base/check.hpp"

namespace mycel::crypto {
namespace {

constexpr std::array leaf_prefix{std::byte{0}};
constexpr std::array node_prefix{std::byte{1}};

// On the way up: is there a sibling at this level, or does the node move up alone?
bool has_sibling(std::uint64_t index, std::uint64_t last) {
  return index % 2 == 1 || index < last;
}

}  // namespace

Digest merkle_leaf(ByteView bytes) {
  Sha256 hash;
  hash.update(leaf_prefix);
  hash.update(bytes);
  return hash.finish();
}

Digest merkle_node(const Digest& left, const Digest& right) {
  std::array<std::byte, 1 + 2 * sizeof(Digest::bytes)> bytes{node_prefix.front()};
  std::copy(left.bytes.begin(), left.bytes.end(), bytes.begin() + 1);
  std::copy(right.bytes.begin(), right.bytes.end(), bytes.begin() + 1 + sizeof left.bytes);
  return sha256(bytes);
}

MerkleTree::MerkleTree(std::vector<Digest> leaves) {
  levels_.push_back(std::move(leaves));
  while (levels_.back().size() > 1) {
    const std::vector<Digest>& below = levels_.back();
    std::vector<Digest> level;
    level.reserve(below.size() / 2 + 1);
    for (std::size_t i = 0; i + 1 < below.size(); i += 2)
      level.push_back(merkle_node(below[i], below[i + 1]));
    if (below.size() % 2 == 1) level.push_back(below.back());
    levels_.push_back(std::move(level));
  }
}

Digest MerkleTree::root() const {
  return size() == 0 ? sha256({}) : levels_.back().front();
}

std::vector<Digest> MerkleTree::path(std::uint64_t index) const {
  check(index < size(), "only a leaf that is there has a path");
  std::vector<Digest> path;
  for (const std::vector<Digest>& level : levels_) {
    const std::uint64_t sibling = index ^ 1;
    if (sibling < level.size()) path.push_back(level[static_cast<std::size_t>(sibling)]);
    index /= 2;
  }
  return path;
}

std::size_t merkle_path_size(std::uint64_t index, std::uint64_t size) {
  check(index < size, "only a leaf that is there has a path");
  std::size_t count = 0;
  for (std::uint64_t last = size - 1; last > 0; index /= 2, last /= 2)
    if (has_sibling(index, last)) count += 1;
  return count;
}

std::optional<Digest> merkle_root(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                  std::span<const Digest> path) {
  if (index >= size || path.size() != merkle_path_size(index, size)) return std::nullopt;
  Digest node = leaf;
  auto sibling = path.begin();
  for (std::uint64_t last = size - 1; last > 0; index /= 2, last /= 2) {
    if (!has_sibling(index, last)) continue;
    node = index % 2 == 1 ? merkle_node(*sibling, node) : merkle_node(node, *sibling);
    ++sibling;
  }
  return node;
}

}  // namespace mycel::crypto
