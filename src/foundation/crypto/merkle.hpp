#pragma once
// A Merkle tree over a list: one digest stands for all of it, and a short path proves one leaf.
// Leaves and nodes are hashed under different first bytes, so that no node passes for a leaf; the
// length of a path follows from the place and the number of leaves, so that no leaf passes for
// another.
// Source: RFC 9162 §2.1 (the tree of Certificate Transparency).

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/crypto/hash.hpp"

namespace mycel::crypto {

/// SHA-256 of 0x00 and the bytes.
Digest merkle_leaf(ByteView bytes);
/// SHA-256 of 0x01 and the two digests.
Digest merkle_node(const Digest& left, const Digest& right);

/// All levels of a tree: 64 bytes a leaf.
class MerkleTree {
 public:
  explicit MerkleTree(std::vector<Digest> leaves);

  std::uint64_t size() const { return levels_.front().size(); }
  /// Without leaves: SHA-256 of nothing.
  Digest root() const;
  /// The siblings on the way from a leaf to the root, lowest first. The leaf must exist.
  std::vector<Digest> path(std::uint64_t index) const;

 private:
  std::vector<std::vector<Digest>> levels_;  // leaves first; a node without sibling moves up as is
};

/// How many digests prove the leaf at `index` of `size`; `index` < `size`.
std::size_t merkle_path_size(std::uint64_t index, std::uint64_t size);

/// The root that a leaf, its place and its path lead to; none when there is no such place or the
/// path has another length than the place demands.
std::optional<Digest> merkle_root(std::uint64_t index, std::uint64_t size, const Digest& leaf,
                                  std::span<const Digest> path);

}  // namespace mycel::crypto
