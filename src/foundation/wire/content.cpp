#include "foundation/wire/content.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::wire {
namespace {

namespace manifest_field {
constexpr std::uint32_t size = 1;
constexpr std::uint32_t chunk_size = 2;
constexpr std::uint32_t root = 3;
}  // namespace manifest_field

namespace part_field {
constexpr std::uint32_t manifest = 1;
constexpr std::uint32_t index = 2;
constexpr std::uint32_t chunk = 3;
constexpr std::uint32_t path = 4;
}  // namespace part_field

bool take_digest(ByteView bytes, crypto::Digest& to) {
  if (bytes.size() != to.bytes.size()) return false;
  std::ranges::copy(bytes, to.bytes.begin());
  return true;
}

bool is_chunk_size(std::uint64_t size) {
  return size >= chunk_size_min_bytes && size <= chunk_size_max_bytes && std::has_single_bit(size);
}

/// One field of a part; a refusal when it does not fit.
Result<void, PartRefusal> take_field(const ProtoField& field, Part& part) {
  if (field.is_bytes(part_field::manifest)) {
    const auto manifest = decode_manifest(field.bytes);
    if (!manifest) return Err{manifest.error()};
    part.manifest = *manifest;
  } else if (field.is_number(part_field::index)) {
    part.index = field.number;
  } else if (field.is_bytes(part_field::chunk)) {
    if (field.bytes.size() > chunk_size_max_bytes) return Err{PartRefusal::too_large};
    part.chunk = Bytes::copy(field.bytes);
  } else if (field.is_bytes(part_field::path)) {
    if (part.path.size() == content_path_max) return Err{PartRefusal::too_large};
    if (!take_digest(field.bytes, part.path.emplace_back())) return Err{PartRefusal::malformed};
  }
  return {};
}

}  // namespace

std::string_view to_text(PartRefusal refusal) {
  static constexpr std::array<std::string_view, 5> words{"malformed", "too_large", "wrong_content",
                                                         "wrong_place", "bad_proof"};
  return words[static_cast<std::size_t>(refusal)];
}

std::uint64_t Manifest::parts() const {
  return std::max<std::uint64_t>((size + chunk_size - 1) / chunk_size, 1);
}

std::size_t Manifest::part_size(std::uint64_t index) const {
  check(index < parts(), "only a part that is there has a size");
  return static_cast<std::size_t>(std::min<std::uint64_t>(size - index * chunk_size, chunk_size));
}

Bytes encode(const Manifest& manifest) {
  ProtoWriter writer;
  writer.number(manifest_field::size, manifest.size)
      .number(manifest_field::chunk_size, manifest.chunk_size)
      .bytes(manifest_field::root, manifest.root.view());
  return writer.take();
}

Result<Manifest, PartRefusal> decode_manifest(ByteView bytes) {
  Manifest manifest;
  std::uint64_t chunk_size = 0;
  ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    if (field->is_number(manifest_field::size)) manifest.size = field->number;
    if (field->is_number(manifest_field::chunk_size)) chunk_size = field->number;
    if (field->is_bytes(manifest_field::root) && !take_digest(field->bytes, manifest.root))
      return Err{PartRefusal::malformed};
  }
  if (!reader.ok() || !is_chunk_size(chunk_size)) return Err{PartRefusal::malformed};
  if (manifest.size > content_size_max_bytes) return Err{PartRefusal::too_large};
  manifest.chunk_size = static_cast<std::uint32_t>(chunk_size);
  if (!equal(encode(manifest), bytes)) return Err{PartRefusal::malformed};
  return manifest;
}

Cid cid_of(const Manifest& manifest) {
  return raw_cid(encode(manifest));
}

Bytes encode(const Part& part) {
  ProtoWriter writer;
  writer.reserve(part.chunk.size() + part.path.size() * 34 + 128);
  writer.bytes(part_field::manifest, encode(part.manifest))
      .number(part_field::index, part.index)
      .bytes(part_field::chunk, part.chunk);
  for (const crypto::Digest& digest : part.path) writer.bytes(part_field::path, digest.view());
  return writer.take();
}

Result<Part, PartRefusal> decode_part(ByteView bytes) {
  if (bytes.size() > part_size_max_bytes) return Err{PartRefusal::too_large};
  Part part;
  ProtoReader reader(bytes);
  while (const auto field = reader.next())
    if (const auto taken = take_field(*field, part); !taken) return Err{taken.error()};
  if (!reader.ok() || !equal(encode(part), bytes)) return Err{PartRefusal::malformed};
  return part;
}

Result<ProvenPart, PartRefusal> prove_part(const Cid& content, Part part) {
  const Manifest& manifest = part.manifest;
  if (cid_of(manifest) != content) return Err{PartRefusal::wrong_content};
  if (part.index >= manifest.parts()) return Err{PartRefusal::wrong_place};
  if (part.chunk.size() != manifest.part_size(part.index)) return Err{PartRefusal::bad_proof};
  const auto root =
      crypto::merkle_root(part.index, manifest.parts(), crypto::merkle_leaf(part.chunk), part.path);
  if (root != manifest.root) return Err{PartRefusal::bad_proof};
  return ProvenPart(std::move(part));
}

Result<ProvenPart, PartRefusal> prove_part(const Cid& content, std::uint64_t index,
                                           ByteView bytes) {
  auto part = decode_part(bytes);
  if (!part) return Err{part.error()};
  if (part->index != index) return Err{PartRefusal::wrong_place};
  return prove_part(content, *std::move(part));
}

ContentTree::ContentTree(std::uint32_t chunk_size) {
  check(is_chunk_size(chunk_size), "a chunk size is a power of two within its limits");
  manifest_.chunk_size = chunk_size;
}

void ContentTree::add(ByteView chunk) {
  check(chunk.size() <= manifest_.chunk_size, "a chunk is no larger than the chunk size");
  check(manifest_.size == leaves_.size() * manifest_.chunk_size, "only the last chunk is short");
  leaves_.push_back(crypto::merkle_leaf(chunk));
  manifest_.size += chunk.size();
}

const Manifest& ContentTree::finish() {
  check(manifest_.size <= content_size_max_bytes, "content is no larger than its limit");
  if (leaves_.empty()) leaves_.push_back(crypto::merkle_leaf({}));
  tree_ = crypto::MerkleTree(std::move(leaves_));
  manifest_.root = tree_.root();
  return manifest_;
}

Part ContentTree::part(std::uint64_t index, Bytes chunk) const {
  return {manifest_, index, std::move(chunk), tree_.path(index)};
}

Bytes part_key(const Cid& content, std::uint64_t index) {
  return Bytes::copy(std::string(part_namespace) + to_text(content) + "/" + std::to_string(index));
}

std::optional<PartPlace> place_of_key(ByteView key) {
  std::string_view text = as_text(key);
  if (!text.starts_with(part_namespace)) return std::nullopt;
  text.remove_prefix(part_namespace.size());
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto content = parse_cid(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  PartPlace place;
  const auto [end, problem] =
      std::from_chars(digits.data(), digits.data() + digits.size(), place.index);
  if (!content || problem != std::errc{} || end != digits.data() + digits.size())
    return std::nullopt;
  place.content = *content;
  // One place has one key: else its replicas could stand in two.
  if (!equal(part_key(place.content, place.index), key)) return std::nullopt;
  return place;
}

Result<void, PartRefusal> validate_part(ByteView key, ByteView value) {
  const auto place = place_of_key(key);
  if (!place) return Err{PartRefusal::malformed};
  const auto part = prove_part(place->content, place->index, value);
  if (!part) return Err{part.error()};
  return {};
}

}  // namespace mycel::wire
