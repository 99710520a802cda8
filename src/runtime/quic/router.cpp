#include "runtime/quic/router.hpp"

#include <cstring>

namespace mycel::quic {

Cid to_cid(const std::uint8_t* bytes) {
  Cid cid = 0;
  std::memcpy(&cid, bytes, sizeof cid);
  return cid;
}

ngtcp2_cid to_native(Cid cid) {
  std::array<std::uint8_t, cid_size_bytes> bytes{};
  std::memcpy(bytes.data(), &cid, sizeof cid);
  ngtcp2_cid native;
  ngtcp2_cid_init(&native, bytes.data(), bytes.size());
  return native;
}

void Router::remove_token(const ResetToken& token, const Connection& connection) {
  // A peer may have given the same token to two connections; each removes its own.
  const auto found = tokens_.find(token);
  if (found != tokens_.end() && found->second == &connection) tokens_.erase(found);
}

Connection* Router::find(const std::uint8_t* cid, std::size_t size) const {
  if (size == cid_size_bytes) {
    const auto own = own_.find(to_cid(cid));
    if (own != own_.end()) return own->second;
  }
  if (first_.empty()) return nullptr;
  const auto first = first_.find(ForeignCid(cid, cid + size));
  return first == first_.end() ? nullptr : first->second;
}

Connection* Router::find_token(ByteView packet) const {
  ResetToken token;
  if (tokens_.empty() || packet.size() <= token.size()) return nullptr;
  std::memcpy(token.data(), packet.data() + packet.size() - token.size(), token.size());
  const auto found = tokens_.find(token);
  return found == tokens_.end() ? nullptr : found->second;
}

}  // namespace mycel::quic
