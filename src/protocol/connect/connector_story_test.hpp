#pragma once
// What the stories of the connector share: a world that does as it is told. Not for anything else.

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/base/rng.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "protocol/connect/connector.hpp"

namespace mycel::connect {

inline PeerId peer(std::uint8_t number) {
  std::array<std::byte, 34> multihash{};
  multihash[0] = std::byte{0x12};
  multihash[1] = std::byte{32};
  multihash[2] = std::byte{number};
  return *PeerId::from_multihash(multihash);
}

inline Multiaddr at(const std::string& text) {
  const auto address = wire::parse_multiaddr(text);
  EXPECT_TRUE(address) << text;
  return *address;
}

inline Multiaddr home(int who, int which = 0) {
  return at("/ip4/8.8." + std::to_string(which) + "." + std::to_string(who) + "/udp/4001/quic-v1");
}

inline const PeerId self = peer(100);
inline const PeerId alice = peer(1);
inline const PeerId bob = peer(2);
inline const PeerId zoe = peer(200);

using Words = std::vector<std::string>;

inline std::string name(const PeerId& who) {
  return std::to_string(std::to_integer<int>(who.view()[2]));
}
inline std::string in_words(const PeerConnected& event) {
  return "connected " + name(event.peer) + " by " + std::to_string(event.connection.value());
}
inline std::string in_words(const ConnectionReplaced& event) {
  return "replaced " + std::to_string(event.replaced.value()) + " by " +
         std::to_string(event.connection.value());
}
inline std::string in_words(const PeerDisconnected& event) {
  return "disconnected " + name(event.peer);
}
inline std::string in_words(const Unreachable& event) {
  return "unreachable " + name(event.peer) + ": " + std::string(to_text(event.reason));
}

struct Story {
  explicit Story(Config config = {}) : connector(config, self, Rng(1)) {
    connector.on_listening({at("/ip4/9.9.9.9/udp/4001/quic-v1")});
  }

  // What the world does.
  void know(const PeerId& who, Addresses addresses, Source source = Source::learned) {
    connector.add_addresses(now, {who, std::move(addresses)}, source);
    collect();
  }
  std::optional<ConnectionId> want(const PeerId& who, Urgency urgency = Urgency::normal) {
    const auto connection = connector.want(now, who, urgency);
    collect();
    return connection;
  }
  ConnectionId dial_succeeds(std::size_t which = 0) {
    const Dial dial = dials.at(which);
    dials.erase(dials.begin() + static_cast<std::ptrdiff_t>(which));
    return connects({dial.peer, dial.address, Direction::outbound, dial.id});
  }
  void dial_fails(DialFailure failure, std::size_t which = 0) {
    const Dial dial = dials.at(which);
    dials.erase(dials.begin() + static_cast<std::ptrdiff_t>(which));
    connector.on_dial_failed(now, dial.id, failure, "it did");
    collect();
  }
  ConnectionId comes_in(const PeerId& who) {
    return connects({who, home(99), Direction::inbound, std::nullopt});
  }
  ConnectionId connects(const Connection& connection) {
    const ConnectionId id{++last_connection};
    connector.on_connected(now, id, connection);
    collect();
    return id;
  }
  void closes_itself(ConnectionId id) {
    connector.on_closed(now, id);
    collect();
  }
  void streams(ConnectionId id, std::size_t open) {
    connector.on_streams(now, id, open);
    collect();
  }
  void pass(Duration span) {
    const Instant end = now.instant + span;
    for (int steps = 0; connector.next_deadline() <= end; ++steps) {
      ASSERT_LT(steps, 100000) << "deadlines stall";
      move_to(std::max(now.instant, connector.next_deadline()));
      connector.on_deadline(now);
      collect();
    }
    move_to(end);
  }
  void move_to(Instant when) { now = {when, now.unix + (when - now.instant)}; }

  // What the connector said.
  void collect() {
    Output output;
    connector.take_output(output);
    for (const Dial& dial : output.dials) dials.push_back(dial);
    for (const DialId id : output.abandons) {
      std::erase_if(dials, [&](const Dial& dial) { return dial.id == id; });
      abandoned += 1;
    }
    for (const Resolve& each : output.resolve) resolves.push_back(each);
    for (const Close& close : output.closes) {
      closed.push_back(std::to_string(close.connection.value()) + " " + std::string(close.reason));
      connector.on_closed(now, close.connection);
    }
    for (const StoreWrite& write : output.persist)
      if (write.value) disk[write.key] = *write.value;
    for (const Event& event : output.events) {
      events.push_back(std::visit([](const auto& each) { return in_words(each); }, event));
      if (const auto* why = std::get_if<Unreachable>(&event)) last_unreachable = *why;
    }
  }
  Addresses dialled() const {
    Addresses addresses;
    for (const Dial& dial : dials) addresses.push_back(dial.address);
    return addresses;
  }
  Words take_events() { return std::exchange(events, {}); }
  Words take_closed() { return std::exchange(closed, {}); }

  Connector connector;
  Now now{Instant{} + 1h, UnixTime{} + 1000h};
  std::uint64_t last_connection = 0;
  std::vector<Dial> dials;
  std::vector<Resolve> resolves;
  Words events;
  Words closed;
  std::map<Bytes, Bytes> disk;
  Unreachable last_unreachable;
  std::size_t abandoned = 0;
};

}  // namespace mycel::connect
