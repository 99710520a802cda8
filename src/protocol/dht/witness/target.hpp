#pragma once
// The target: gives each draw its second nonce, and judges the proof that comes of it.

#include <map>
#include <optional>

#include "protocol/dht/witness/desk.hpp"
#include "protocol/dht/witness/rate_limit.hpp"
#include "protocol/dht/witness/replay_window.hpp"

namespace mycel::dht::witness {

class Target {
 public:
  Target(std::uint32_t burst, Duration pause) : limit_(burst, pause) {}

  void on_opening(Now now, Desk& desk, InboundId inbound, const PeerId& from,
                  const Opening& opening);
  void on_proof(Now now, Desk& desk, InboundId inbound, const PeerId& from, const Proof& proof);
  // False when the number is not of this role.
  bool on_checked(Now now, Desk& desk, CheckId id, std::span<const bool> genuine);
  bool on_signed(Desk& desk, SignId id, const Bytes& signature);
  std::size_t held() const { return judging_.size() + signing_.size(); }

 private:
  /// A source may draw once for a key in each slot of the target's clock.
  struct Drawn {
    PeerKey source;
    Point key;
    friend auto operator<=>(const Drawn&, const Drawn&) = default;
  };
  struct Signing {
    InboundId inbound;
    Nonce nonce;
  };
  struct Judging {
    InboundId inbound;
    ProofExam exam;
  };
  static constexpr std::size_t draws_max = 4096;  ///< of one slot, of all sources

  std::optional<Refusal> take_draw(Now now, const Operation& operation);
  static void refuse_proof(Desk& desk, InboundId inbound, Refusal why);
  bool admit(Now now, Desk& desk, InboundId inbound, const PeerId& from);

  RateLimit limit_;
  ReplayWindow accepted_;
  Slot draws_slot_{};
  std::map<Drawn, crypto::Digest> draws_;  // of draws_slot_: the commitments
  std::map<SignId, Signing> signing_;
  std::map<CheckId, Judging> judging_;
};

}  // namespace mycel::dht::witness
