#pragma once
// Carries what the ends of connections send each other, and tells them when nothing comes any more.

#include <cstdint>
#include <optional>

#include "runtime/ports/links.hpp"

#include "sim/connection.hpp"
#include "sim/cuts.hpp"
#include "sim/delays.hpp"
#include "sim/seats.hpp"
#include "sim/trace.hpp"
#include "sim/world.hpp"

namespace mycel::sim {

struct CarrierConfig {
  Duration handshake_timeout = 10s;
  Duration idle_timeout = 30s;
  Duration keep_alive = 15s;  ///< a silent connection gives a sign of life; as the program ships
};

struct NetworkCounts {
  std::uint64_t deliveries = 0;  ///< packets' worth of stream data that reached a node
  std::uint64_t bytes = 0;
  std::uint64_t dials = 0;
  std::uint64_t stalled = 0;  ///< deliveries that met a cut
};

class Carrier final : public EventSink {
 public:
  Carrier(World& world, const CarrierConfig& config, const DelaysConfig& delays);
  Carrier(const Carrier&) = delete;
  Carrier& operator=(const Carrier&) = delete;

  /// A connection from `dialler` to whoever listens at `address`; its number.
  std::uint32_t dial(VirtualLinks& dialler, Place address, const std::optional<PeerId>& expected);
  Connection& connection(std::uint32_t number) { return connections_[number]; }
  /// Every number below names a connection, or did.
  std::uint32_t connections_end() const { return connections_.end(); }
  /// The stream of that number, or none.
  Stream* find(Connection& connection, std::uint64_t stream);
  Stream& add_stream(Connection& connection, std::uint64_t stream);
  void forget_if_done(Connection& connection, std::uint64_t stream);

  /// Sends to the end `to`; what is sent at one instant travels in one packet.
  Flight& send(std::uint32_t connection, Side to, FlightKind kind, std::size_t size);
  /// What was sent last to `to`, while it can still grow: data of this stream and this instant.
  Flight* growing(const Connection& connection, Side to, std::uint64_t stream);
  /// Tells the end `to` itself at `due`.
  Flight& remind(std::uint32_t connection, Side to, FlightKind kind, Instant due);
  /// The end is no more. What still comes for it is dropped, or, if it was lost, answered so.
  void leave(std::uint32_t connection, Side side, bool is_lost);

  // What happens to connections from outside.
  void on_cut_changed(std::uint32_t a, std::uint32_t b);
  void on_cuts_changed(std::uint32_t number);
  void on_cuts_changed();
  std::size_t break_between(std::uint32_t a, std::uint32_t b);
  void on_moved(std::uint32_t number);

  const CarrierConfig& config() const { return config_; }
  World& world() { return world_; }
  Seats& seats() { return seats_; }
  const Seats& seats() const { return seats_; }
  Cuts& cuts() { return cuts_; }
  Delays& delays() { return delays_; }
  const Delays& delays() const { return delays_; }
  NetworkCounts& counts() { return counts_; }
  const NetworkCounts& counts() const { return counts_; }
  /// Hears of connections, and in a full trace of deliveries.
  void trace_to(Trace trace, bool is_full);
  void trace(TraceKind kind, std::uint32_t node, std::uint32_t other) const;

  std::size_t connections_used() const { return connections_.used(); }
  std::size_t streams_used() const { return streams_.used(); }
  std::size_t flights_used() const { return flights_.used(); }

 private:
  void on_event(std::uint64_t item) override;
  Flight& make(std::uint32_t connection, Side to, FlightKind kind);
  void post(Instant due, const Flight& flight);
  void enqueue(Connection& connection, Flight& flight, std::size_t size);
  bool is_alive(const Flight& flight) const;
  bool is_blocked(const Connection& connection, Side to) const;
  void hold(Connection& connection, std::uint32_t head);
  void deliver_all(std::uint32_t head);
  void deliver(Flight& flight);
  void deliver_dial(Flight& flight);
  void refresh(std::uint32_t number);
  void release(Connection& connection, Side to);
  void on_reminder(Flight& flight);
  void on_silence(std::uint32_t number);
  void on_probe(std::uint32_t number, Side survivor);
  void on_handshake_due(std::uint32_t number);
  void fail(std::uint32_t number, Side side, ports::CloseReason reason, std::string_view text = {});
  void drop(std::uint32_t head);
  void erase(std::uint32_t number);

  World& world_;
  World::SinkId sink_;
  CarrierConfig config_;
  Delays delays_;
  Seats seats_;
  Cuts cuts_;
  NetworkCounts counts_;
  Slab<Connection> connections_;
  Slab<Stream> streams_;
  Slab<Flight> flights_;
  std::uint64_t last_sequence_ = 0;
  Trace trace_;
  bool is_trace_full_ = false;
};

}  // namespace mycel::sim
