#pragma once
// Liars that work together: all know each other, and each answers so that whoever asks goes on
// asking among them.

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/dht/message.hpp"

#include "sim/attacks/machines.hpp"

namespace mycel::sim {

enum class Deceit : std::uint8_t {
  withhold,  ///< finds peers honestly, and denies every record
  collude,   ///< names the twenty accomplices nearest to the key, and denies every record
  strict,    ///< names other accomplices each time, nearest first: a path that met one is lost
};
std::string_view to_text(Deceit deceit);

class Crowd {
 public:
  explicit Crowd(Deceit deceit) : deceit_(deceit) {}

  void add(const PeerInfo& liar);

  /// See Machines::Twist.
  void twist(const dht::Message& asked, dht::Message& answer);

 private:
  struct Member {
    dht::Key point;
    dht::Peer peer;
  };
  using Members = std::vector<Member>::const_iterator;
  std::vector<dht::Peer> nearest(const dht::Key& target, std::size_t first,
                                 std::size_t count) const;

  Deceit deceit_;
  std::vector<Member> members_;                           // by point
  std::unordered_map<std::uint64_t, std::size_t> named_;  // of a key so far, by its first word
};

}  // namespace mycel::sim
