#pragma once
// A NAT in front of one node: what it opens when the node sends, and what it lets in.
// Source: RFC 4787 (mapping and filtering behaviours; §4.3 REQ-5: a mapping lives two minutes).

#include <cstdint>
#include <map>

#include "foundation/base/time.hpp"

namespace mycel::sim {

/// In the order of the amounts of `FaultKind::nat`.
enum class NatKind : std::uint8_t {
  cone,                // once the node has sent anything, everybody may answer
  address_restricted,  // only whom it has sent something may answer
  symmetric,           // and every destination sees it come from another port
};

class Nat {
 public:
  explicit Nat(NatKind kind) : kind_(kind) {}

  NatKind kind() const { return kind_; }
  /// The node sends to `to`, who sees it come from this port of the outer address.
  std::uint16_t send_to(std::uint32_t to, Instant now);
  /// Whether what `from` sends to `port` of the outer address reaches the node. A mapping that a
  /// live connection uses stays open: `has_connection` to anybody, `has_connection_to` to `from`.
  bool lets_in(std::uint32_t from, std::uint16_t port, Instant now, bool has_connection,
               bool has_connection_to) const;

 private:
  static constexpr std::uint16_t first_port = 20'000;
  static constexpr Duration mapping_lifetime = 120s;
  struct Mapping {
    Instant sent_at;
    std::uint16_t port = first_port;
  };
  std::uint16_t take_port();

  NatKind kind_;
  std::map<std::uint32_t, Mapping>
      mappings_;  // by whom it was sent to: no more than there are nodes
  std::uint16_t next_port_ = first_port;
};

}  // namespace mycel::sim
