#include "foundation/model/peer_id.hpp"

#include <algorithm>

namespace mycel {
namespace {

constexpr std::byte identity_code{0x00};
constexpr std::byte sha256_code{0x12};
constexpr std::size_t sha256_size = 32;

}  // namespace

std::optional<PeerId> PeerId::from_multihash(ByteView multihash) {
  if (multihash.size() < 3 || multihash.size() > size_max_bytes) return std::nullopt;
  const auto digest_size = std::to_integer<std::size_t>(multihash[1]);
  if (digest_size != multihash.size() - 2) return std::nullopt;
  const bool is_hashed = multihash[0] == sha256_code && digest_size == sha256_size;
  if (!is_hashed && multihash[0] != identity_code) return std::nullopt;
  PeerId peer;
  std::ranges::copy(multihash, peer.bytes_.begin());
  peer.size_ = static_cast<std::uint8_t>(multihash.size());
  return peer;
}

ByteView PeerId::inlined_key() const {
  if (is_none() || bytes_[0] != identity_code) return {};
  return view().subspan(2);
}

}  // namespace mycel
