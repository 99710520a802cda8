#pragma once
// Which connection a packet belongs to. Our own connection ids are random, have one size and are
// found by hash; what a peer chose (its first destination id, its reset tokens) is kept in ordered
// maps, since a peer could make a hash degenerate. Bounded by the connections: each has a few ids.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include <ngtcp2/ngtcp2.h>

#include "foundation/base/bytes.hpp"
#include "foundation/model/connection.hpp"

namespace mycel::quic {

/// Size of the connection ids that we hand out.
inline constexpr std::size_t cid_size_bytes = 8;
using Cid = std::uint64_t;  ///< one of ours

Cid to_cid(const std::uint8_t* bytes);
ngtcp2_cid to_native(Cid cid);

/// A connection id that a peer chose; at most 20 bytes.
using ForeignCid = std::vector<std::uint8_t>;
using ResetToken = std::array<std::uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN>;

class Connection;

class Router {
 public:
  void add(Cid cid, Connection& connection) { own_[cid] = &connection; }
  void remove(Cid cid) { own_.erase(cid); }
  void add_first(ForeignCid cid, Connection& connection) { first_[std::move(cid)] = &connection; }
  void remove_first(const ForeignCid& cid) { first_.erase(cid); }
  void add_token(const ResetToken& token, Connection& connection) { tokens_[token] = &connection; }
  void remove_token(const ResetToken& token, const Connection& connection);

  /// By the destination id of a packet.
  Connection* find(const std::uint8_t* cid, std::size_t size) const;
  /// By the last bytes of a packet that might be a stateless reset.
  Connection* find_token(ByteView packet) const;
  bool is_known(Cid cid) const { return own_.contains(cid); }

 private:
  std::unordered_map<Cid, Connection*> own_;
  std::map<ForeignCid, Connection*> first_;
  std::map<ResetToken, Connection*> tokens_;
};

}  // namespace mycel::quic
