#pragma once
// Where a peer can be reached: a path of protocols in libp2p's binary form. A value that sorts and
// compares; parsing, text and questions about its parts are in foundation/wire/multiaddr_codec.hpp.
// Source: multiformats, multiaddr specification.

#include <compare>
#include <utility>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel {

class Multiaddr {
 public:
  Multiaddr() = default;
  /// Trusts the caller that `binary` is well formed: bytes of a peer go through
  /// wire::decode_multiaddr().
  explicit Multiaddr(Bytes binary) : binary_(std::move(binary)) {}

  const Bytes& binary() const { return binary_; }
  bool empty() const { return binary_.empty(); }
  friend auto operator<=>(const Multiaddr&, const Multiaddr&) = default;

 private:
  Bytes binary_;
};

/// A peer and where it says it can be reached. The addresses are hearsay until a dial succeeds.
struct PeerInfo {
  PeerId id;
  std::vector<Multiaddr> addresses;
  friend bool operator==(const PeerInfo&, const PeerInfo&) = default;
};

}  // namespace mycel
