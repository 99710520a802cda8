#pragma once
// The three spellings of an address: the ports' endpoint, ngtcp2's socket address, libp2p's
// multiaddr.

#include <optional>

#include <ngtcp2/ngtcp2.h>

#include "foundation/model/multiaddr.hpp"

#include "runtime/ports/datagrams.hpp"

namespace mycel::quic {

/// The two ends of a path and the socket that it goes through.
struct Path {
  ports::Datagrams* socket = nullptr;
  ports::Endpoint local;
  ports::Endpoint remote;
  friend bool operator==(const Path&, const Path&) = default;
};

/// A path in ngtcp2's form, with the storage that it points into.
class NativePath {
 public:
  /// Room for a path that ngtcp2 fills in.
  NativePath() { ngtcp2_path_storage_zero(&storage_); }
  explicit NativePath(const Path& path);
  NativePath(const NativePath&) = delete;
  NativePath& operator=(const NativePath&) = delete;

  ngtcp2_path* get() { return &storage_.path; }

 private:
  ngtcp2_path_storage storage_{};
};

Path to_path(const ngtcp2_path& path);
ngtcp2_addr write_address(const ports::Endpoint& endpoint, ngtcp2_sockaddr_union& storage);

/// Does the endpoint name no address of its own: 0.0.0.0 or ::?
bool is_unspecified(const ports::Endpoint& endpoint);
bool is_loopback(const ports::Endpoint& endpoint);

/// Where /ip4|ip6/.../udp/.../quic-v1 leads, with or without a peer behind it.
std::optional<ports::Endpoint> to_endpoint(const Multiaddr& address);
Multiaddr to_multiaddr(const ports::Endpoint& endpoint);

}  // namespace mycel::quic
