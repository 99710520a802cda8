#pragma once
// The witness: is asked by sources, and signs what it sees, or why it does not.

#include <map>
#include <optional>

#include "protocol/dht/witness/desk.hpp"
#include "protocol/dht/witness/frozen_lists.hpp"
#include "protocol/dht/witness/rate_limit.hpp"
#include "protocol/dht/witness/replay_window.hpp"

namespace mycel::dht::witness {

/// Of what is persisted in Table::meta.
inline constexpr std::string_view store_prefix = "witness/";

class Server {
 public:
  Server(std::uint32_t burst, Duration pause) : limit_(burst, pause) {}

  /// The newest slot of an earlier run, as it was persisted. False when it cannot be read.
  bool load(ByteView key, ByteView value);
  void start(Now now) { lists_.start(now.unix); }

  void on_request(Now now, Desk& desk, InboundId inbound, const PeerId& from,
                  const Request& request);
  // False when the number is not of this role.
  bool on_checked(Now now, Desk& desk, CheckId id, std::span<const bool> genuine);
  bool on_signed(Desk& desk, SignId id, const Bytes& signature);
  std::size_t held() const { return checking_.size() + signing_.size(); }

 private:
  struct Pending {
    InboundId inbound;
    Request request;
  };
  struct Signing {
    InboundId inbound;
    std::variant<Attestation, Rejection> word;
    Bytes body;
    bool wants_key = false;
  };

  std::optional<Refusal> judge(Now now, const Desk& desk, const PeerId& from, const Draw& draw);
  void attest(Now now, Desk& desk, const Pending& pending);
  void reject(Now now, Desk& desk, const Pending& pending, Refusal reason);
  void sign(Desk& desk, const Pending& pending, std::variant<Attestation, Rejection> word,
            const Bytes& body);

  FrozenLists lists_;
  ReplayWindow seen_;
  RateLimit limit_;
  std::map<CheckId, Pending> checking_;
  std::map<SignId, Signing> signing_;
};

}  // namespace mycel::dht::witness
