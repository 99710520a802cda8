#pragma once
// The third cut of the simulated world: the DHT machines of ten thousand nodes and more, joined by
// messages that take the way between their regions. There are no connections, disks or wire forms
// here, so that attacks on whole networks can be measured: a first message to a peer pays one
// round trip for the handshake, a message to nobody fails after the link layer's deadline.

#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"

#include "protocol/dht/dht.hpp"

#include "sim/event_queue.hpp"
#include "sim/topology.hpp"

namespace mycel::sim {

struct MachinesConfig {
  std::uint64_t seed = 1;
  TopologyConfig topology{.round_trip_median = std::chrono::milliseconds(20)};
  Duration request_time_max = std::chrono::seconds(5);  ///< as the node's link layer
  /// A connection that carried nothing for so long is closed, as the node's pool does.
  Duration idle_max = std::chrono::seconds(60);
};

class Machines {
 public:
  using Number = std::uint32_t;
  using Done = std::function<void(const dht::LookupDone&)>;
  /// Changes what a liar answers.
  using Twist = std::function<void(const dht::Message& asked, dht::Message& answer)>;

  explicit Machines(const MachinesConfig& config);

  /// A node that knows nobody yet. Ids are hashes: whoever wants a certain one grinds it.
  Number add(const PeerId& id, const dht::Config& config);
  /// Two nodes learn of each other, as over a connection that one of them made.
  void introduce(Number from, Number to);
  /// From now on everything that it answers goes through the twist.
  void make_liar(Number number) { nodes_[number].is_liar = true; }
  void set_twist(Twist twist) { twist_ = std::move(twist); }

  /// Begins an operation of a node; `done` hears of its end.
  void look_up(Number number, const std::function<dht::OperationId(dht::Dht&, Now)>& begin,
               Done done);
  void bootstrap(Number number);
  void run_for(Duration span);

  Now now() const;
  std::size_t size() const { return nodes_.size(); }
  bool is_liar(Number number) const { return nodes_[number].is_liar; }
  const dht::Dht& dht(Number number) const { return nodes_[number].dht; }
  const PeerInfo& peer(Number number) const { return nodes_[number].peer; }
  /// None for an id that nobody has.
  std::optional<Number> number_of(const PeerId& id) const;
  std::uint64_t delivered() const { return delivered_; }

  /// Ends all nodes; nothing may be asked of them any more.
  void drop() { nodes_.clear(); }

 private:
  struct Node {
    PeerInfo peer;
    dht::Dht dht;
    bool is_liar = false;
    Instant alarm = never;  // the earliest one that is queued
    std::unordered_map<std::uint64_t, Done> asked;
  };
  enum class Kind : std::uint8_t { request, answer, failure };
  struct Flight {
    Kind kind = Kind::request;
    dht::Reply reply = dht::Reply::message;
    bool expects_answer = true;
    Number from = 0;
    Number to = 0;
    RequestId request{};
    RequestFailure failure = RequestFailure::timeout;
    dht::Message message;
  };
  struct Asker {
    Number from = 0;
    RequestId request{};
    bool expects_answer = true;
    dht::Message asked;  // of liars only
  };

  void collect(Number number);
  void send(Number from, dht::Request request);
  void answer(Number from, dht::Answer answer);
  void post(Duration after, Flight flight);
  void land(Flight& flight);
  void wake(Number number);
  Duration way(Number from, Number to);
  /// The handshake that a message pays when the two have not spoken for a while.
  Duration handshake(Number from, Number to);
  void forget_idle();
  static std::uint64_t tail_of(const PeerId& id);

  MachinesConfig config_;
  Rng rng_;
  Topology topology_;
  EventQueue queue_;
  Instant time_{};
  std::deque<Node> nodes_;
  std::unordered_map<std::uint64_t, Number> numbers_;  // by the end of the id
  std::vector<Flight> flights_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<std::uint64_t, Asker> askers_;   // by inbound id
  std::unordered_map<std::uint64_t, Instant> spoke_;  // the last time, by pair
  Instant forget_at_{};
  std::uint64_t inbound_ = 0;
  std::uint64_t delivered_ = 0;
  Twist twist_;
  dht::Output output_;
};

}  // namespace mycel::sim
