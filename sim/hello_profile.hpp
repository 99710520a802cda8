#pragma once
// What each node of a hello scenario says of itself and whom it lets in, drawn once for the whole
// run; and what must come of it when two of them meet.

#include <cstdint>

#include "protocol/session/hello.hpp"

#include "sim/world.hpp"

namespace mycel::sim {

/// The certificate that a node of a closed network shows.
enum class Card : std::uint8_t {
  none,
  good,
  expiring,   // during the run
  expired,    // before it
  foreign,    // another authority signed it
  misplaced,  // it is another peer's
};

struct HelloProfile {
  bool is_plain = false;  ///< speaks libp2p and no hello
  Card card = Card::none;
  UnixTime expires{};
  session::HelloConfig config;
};

/// Three versions, of which the oldest and the newest have nothing in common; two networks, each of
/// them open or closed; plain nodes; every policy and every card. The first three nodes are doors
/// for everybody who may come in: good members of the first network, of the version in the middle.
class HelloProfiles {
 public:
  static constexpr std::uint32_t doors = 3;
  /// `rng` is the workload's: same run, same profiles.
  explicit HelloProfiles(const Rng& rng);
  HelloProfile of(std::uint32_t number) const;

 private:
  Card draw_card(Rng& rng) const;

  Rng rng_;
  bool is_closed_ = false;
};

/// The workload's own generator, from which a judge draws the same profiles.
Rng hello_rng(const World& world);

/// What `host` makes of `guest`, who shows all it has. `refused` is no standing.
struct Reception {
  bool is_refused = false;
  session::Standing standing = session::Standing::stranger;
};
Reception reception_of(const HelloProfile& guest, const HelloProfile& host, UnixTime now);
/// Both let each other in.
bool do_meet(const HelloProfile& a, const HelloProfile& b, UnixTime now);

}  // namespace mycel::sim
