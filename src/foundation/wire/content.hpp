#pragma once
// Content that is too large for one message, in parts that can each be checked alone. It is cut
// into chunks of one size; a Merkle tree stands over them; a manifest says how large the content
// is, how large a chunk, and what the root; and the content's name is the CID of that manifest:
// CIDv1, raw, SHA-256. Whoever knows the name knows the size, and cannot be given a byte of other
// content.
//
//   manifest (protobuf)   1 size   2 chunk size   3 root of the tree (RFC 9162, SHA-256)
//   part (protobuf)       1 manifest   2 index   3 chunk   4 path: repeated digest, lowest first
//
// The name is not that of the whole's SHA-256, because that proves nothing about a part; it is a
// raw CID all the same, so whoever stores blocks by CID can keep and check the manifest. Both forms
// have one spelling: what decodes differently from how it is encoded is refused.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/crypto/merkle.hpp"
#include "foundation/wire/cid.hpp"

namespace mycel::wire {

/// A chunk, its manifest and its path fit one record of the DHT (64 KiB); half of that is the
/// largest power of two that leaves room.
inline constexpr std::uint32_t chunk_size_usual_bytes = std::uint32_t{32} << 10;
/// Powers of two only. Below, the paths outweigh the chunks; above, a part is no longer a message.
inline constexpr std::uint32_t chunk_size_min_bytes = std::uint32_t{1} << 10;
inline constexpr std::uint32_t chunk_size_max_bytes = std::uint32_t{1} << 20;
/// A tebibyte: with the smallest chunks a tree of 2^30 leaves.
inline constexpr std::uint64_t content_size_max_bytes = std::uint64_t{1} << 40;
inline constexpr std::size_t content_path_max = 30;
/// The largest chunk, the longest path with its field heads, and the manifest.
inline constexpr std::size_t part_size_max_bytes =
    chunk_size_max_bytes + content_path_max * 34 + 128;

/// Why a part is not believed. The words are metric labels.
enum class PartRefusal : std::uint8_t {
  malformed,      ///< not of the form above
  too_large,      ///< over a limit of size or count
  wrong_content,  ///< a part of content with another name
  wrong_place,    ///< another part of the content than was asked for
  bad_proof,      ///< chunk and path do not lead to the root
};
std::string_view to_text(PartRefusal refusal);

struct Manifest {
  std::uint64_t size = 0;
  std::uint32_t chunk_size = chunk_size_usual_bytes;
  crypto::Digest root;

  /// Empty content has one empty part.
  std::uint64_t parts() const;
  /// Bytes of the part at `index`, which must exist.
  std::size_t part_size(std::uint64_t index) const;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};
Bytes encode(const Manifest& manifest);
Result<Manifest, PartRefusal> decode_manifest(ByteView bytes);
/// The name of the content.
Cid cid_of(const Manifest& manifest);

/// A part as somebody sent it. Nobody vouches for it.
struct Part {
  Manifest manifest;
  std::uint64_t index = 0;
  Bytes chunk;
  std::vector<crypto::Digest> path;
  friend bool operator==(const Part&, const Part&) = default;
};
Bytes encode(const Part& part);
Result<Part, PartRefusal> decode_part(ByteView bytes);

/// A part of which it is proved where in which content it stands.
class ProvenPart {
 public:
  const Manifest& manifest() const { return part_.manifest; }
  std::uint64_t index() const { return part_.index; }
  std::uint64_t offset() const { return part_.index * part_.manifest.chunk_size; }
  const Bytes& chunk() const { return part_.chunk; }

 private:
  explicit ProvenPart(Part part) : part_(std::move(part)) {}
  friend Result<ProvenPart, PartRefusal> prove_part(const Cid& content, Part part);
  Part part_;
};

/// Is this what stands there in that content?
Result<ProvenPart, PartRefusal> prove_part(const Cid& content, Part part);
/// The same from bytes, and of the part that was asked for.
Result<ProvenPart, PartRefusal> prove_part(const Cid& content, std::uint64_t index, ByteView bytes);

/// Takes the chunks of some content in their order, then proves each of them.
class ContentTree {
 public:
  explicit ContentTree(std::uint32_t chunk_size = chunk_size_usual_bytes);
  /// All chunks but the last have the chunk size; empty content is one empty chunk.
  void add(ByteView chunk);
  /// After the last chunk: what the parts are proved by.
  const Manifest& finish();
  /// After finish(): the part at `index`, which holds `chunk`.
  Part part(std::uint64_t index, Bytes chunk) const;

 private:
  std::vector<crypto::Digest> leaves_;
  Manifest manifest_;
  crypto::MerkleTree tree_{{}};
};

inline constexpr std::string_view part_namespace = "/mycel-part/";
/// Where the DHT keeps a part: "/mycel-part/CID/INDEX".
Bytes part_key(const Cid& content, std::uint64_t index);
struct PartPlace {
  Cid content;
  std::uint64_t index = 0;
  friend bool operator==(const PartPlace&, const PartPlace&) = default;
};
/// What such a key names; none for a key of another form, or another spelling.
std::optional<PartPlace> place_of_key(ByteView key);
/// May a DHT node store `value` under `key`?
Result<void, PartRefusal> validate_part(ByteView key, ByteView value);

}  // namespace mycel::wire
