#pragma once
// What people want to know about one connection.

#include <cstdint>
#include <string>

#include "foundation/base/time.hpp"
#include "foundation/model/connection.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::quic {

struct ConnectionFacts {
  PeerId peer;
  Direction direction = Direction::outbound;
  Multiaddr local;
  Multiaddr remote;
  std::string group;   ///< of the key exchange: "X25519MLKEM768"
  std::string cipher;  ///< "TLS_AES_128_GCM_SHA256"
  Duration round_trip{};
  Duration idle_timeout{};  ///< as agreed with the peer
  std::uint64_t congestion_window_bytes = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_lost = 0;
  std::size_t packet_size_bytes = 0;  ///< what the path takes, as discovered so far
  std::size_t streams = 0;
  std::uint32_t key_updates = 0;  ///< asked for by us
};

}  // namespace mycel::quic
