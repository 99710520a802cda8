// Two nodes that dial each other at nearly the same time.

#include <array>
#include <functional>
#include <map>
#include <optional>

#include <gtest/gtest.h>

#include "protocol/connect/connector_story_test.hpp"

namespace mycel::connect {
namespace {

// Two nodes and the network between them: both find the other at nearly the same time.
struct Meeting {
  struct Node {
    PeerId id;
    Connector connector;
    std::map<DialId, std::size_t> dials;        // our dials to links of the meeting
    std::map<ConnectionId, std::size_t> links;  // our connections to links of the meeting
  };
  struct Link {
    std::array<ConnectionId, 2> ends{};  // of node 0 and node 1; 0 before it is connected
    bool is_closed = false;
  };

  explicit Meeting(std::uint64_t seed)
      : rng(seed),
        nodes{Node{alice, Connector({}, alice, Rng(seed + 1))},
              Node{zoe, Connector({}, zoe, Rng(seed + 2))}} {
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t other = 1 - i;
      nodes[i].connector.on_listening({address(i)});
      nodes[i].connector.add_addresses(now, {nodes[other].id, {address(other), address(other, 1)}},
                                       Source::configured);
      nodes[i].connector.protect(now, nodes[other].id, true);
      after(delay(300ms),
            [this, i, other] { tell(i, [&](Connector& it) { it.want(now, nodes[other].id); }); });
    }
  }

  static Multiaddr address(std::size_t who, int which = 0) {
    return home(static_cast<int>(who), which);
  }
  Duration delay(Duration longest) {
    return Duration(
        static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(longest.count()))));
  }
  void after(Duration span, std::function<void()> then) {
    agenda.emplace(now.instant + span, std::move(then));
  }
  void tell(std::size_t who, const std::function<void(Connector&)>& what) {
    what(nodes[who].connector);
    Output output;
    nodes[who].connector.take_output(output);
    for (const Dial& dial : output.dials) begin_dial(who, dial);
    for (const Close& close : output.closes) close_link(who, nodes[who].links.at(close.connection));
    for (const DialId dial : output.abandons) close_link(who, nodes[who].dials.at(dial));
  }
  // The dialler is connected after a round trip, the other half a round trip later.
  void begin_dial(std::size_t who, const Dial& dial) {
    const std::size_t number = links.size();
    links.emplace_back();
    nodes[who].dials[dial.id] = number;
    const Duration way = 5ms + delay(60ms);
    after(2 * way, [=, this] { connect(who, number, dial); });
    after(3 * way, [=, this] { connect(1 - who, number, std::nullopt); });
  }
  void connect(std::size_t who, std::size_t number, const std::optional<Dial>& dial) {
    Link& link = links[number];
    if (link.is_closed) return;
    const ConnectionId id{++last_id};
    link.ends[who] = id;
    nodes[who].links[id] = number;
    Connection connection{nodes[1 - who].id, address(1 - who),
                          dial ? Direction::outbound : Direction::inbound, std::nullopt};
    if (dial) connection.dial = dial->id;
    tell(who, [&](Connector& it) { it.on_connected(now, id, connection); });
  }
  void close_link(std::size_t who, std::size_t number) {
    Link& link = links[number];
    const bool was_closed = std::exchange(link.is_closed, true);
    if (was_closed) return;
    after(5ms + delay(60ms), [=, this] {
      const ConnectionId end = links[number].ends[1 - who];
      if (end.value() != 0) tell(1 - who, [&](Connector& it) { it.on_closed(now, end); });
    });
  }
  void run(Duration span) {
    const Instant end = now.instant + span;
    while (true) {
      Instant next = agenda.empty() ? never : agenda.begin()->first;
      std::optional<std::size_t> waking;
      for (std::size_t i = 0; i < 2; ++i)
        if (nodes[i].connector.next_deadline() < next) {
          next = nodes[i].connector.next_deadline();
          waking = i;
        }
      if (next > end) break;
      now = {std::max(now.instant, next), now.unix + (next - now.instant)};
      if (waking) {
        tell(*waking, [&](Connector& it) { it.on_deadline(now); });
      } else {
        const auto due = agenda.extract(agenda.begin());
        due.mapped()();
      }
    }
  }

  Rng rng;
  Now now{Instant{} + 1h, UnixTime{} + 1000h};
  std::multimap<Instant, std::function<void()>> agenda;
  std::array<Node, 2> nodes;
  std::vector<Link> links;
  std::uint64_t last_id = 0;
};

TEST(Connector, two_nodes_that_dial_each_other_keep_the_same_one_connection) {
  std::size_t met = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    Meeting meeting(seed);
    meeting.run(1min);
    const auto ours = meeting.nodes[0].connector.connections();
    const auto theirs = meeting.nodes[1].connector.connections();
    ASSERT_EQ(ours.size(), 1U) << "seed " << seed;
    ASSERT_EQ(theirs.size(), 1U) << "seed " << seed;
    ASSERT_EQ(meeting.nodes[0].links.at(ours[0].connection),
              meeting.nodes[1].links.at(theirs[0].connection))
        << "seed " << seed;
    if (meeting.nodes[0].connector.counters().connections_in +
            meeting.nodes[0].connector.counters().connections_out >
        1)
      met += 1;
  }
  EXPECT_GT(met, 100U);  // else the story was not about this
}

}  // namespace
}  // namespace mycel::connect
