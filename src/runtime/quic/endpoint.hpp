#pragma once
// All connections of a transport and the turns in which they move: what arrived is read, the
// observer hears of it, and then each touched connection writes once.

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "foundation/base/deadlines.hpp"

#include "runtime/ports/datagrams.hpp"
#include "runtime/ports/links.hpp"
#include "runtime/quic/admission.hpp"
#include "runtime/quic/connection.hpp"
#include "runtime/quic/outbox.hpp"
#include "runtime/quic/shared.hpp"
#include "runtime/quic/tombstones.hpp"

namespace mycel::quic {

class Endpoint {
 public:
  Endpoint(const Config& config, const crypto::Ed25519PrivateKey& identity, ports::Timers& timers,
           ports::Entropy& entropy);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  void add_socket(ports::Datagrams& socket);
  void observe(ports::LinksObserver& observer) { observer_ = &observer; }
  ConnectionId dial(const Multiaddr& address, std::optional<PeerId> expected);
  void close_all(std::uint64_t code, std::string_view reason);
  Counters stats() const;

  Connection* find(ConnectionId id) const;
  /// One that has come up and not come to its end.
  Connection* find_open(ConnectionId id) const;
  /// Something of this connection waits to be sent: it is flushed in the next turn.
  void touch(Connection& connection);
  /// The same, but if it is no more than credit and one acknowledgement it may wait for company.
  void touch_in_passing(Connection& connection);
  /// Nobody waits for it at all: it leaves with whatever is sent next, or in a moment.
  void touch_later(Connection& connection);

 private:
  // What arrives.
  void receive(ports::Datagrams& socket, std::span<const ports::Datagram> batch);
  void receive_packet(const Path& path, std::uint8_t ecn, ByteView packet);
  void receive_unknown(const Path& path, std::uint8_t ecn, ByteView packet,
                       const ngtcp2_version_cid& ids);
  void receive_first(const Path& path, std::uint8_t ecn, ByteView packet,
                     const ngtcp2_pkt_hd& header);
  bool answer_for_the_dead(const Path& path, const ngtcp2_version_cid& ids);
  void answer(const Path& path, std::span<const std::uint8_t> packet);
  void refuse(const Path& path, const ngtcp2_pkt_hd& header, std::uint64_t& counter);

  // The turn.
  void request_turn();
  void run_turn();
  void settle();
  void deliver();
  void tell(Event& event);
  void flush();
  void flush(Connection& connection);
  void rest(Connection& connection);
  void retire(Connection& connection);
  void update_admission(Connection& connection);

  // Time.
  void on_timer();
  void set_deadline(Connection& connection);
  void arm();

  ports::Datagrams* socket_for(const ports::Endpoint& remote) const;
  Connection& add(std::unique_ptr<Connection> connection);
  void refuse_dial(ConnectionId id, ports::CloseReason reason, std::string text);

  Shared shared_;
  Stateless stateless_;
  Admission admission_;
  Tombstones tombstones_;
  Outbox outbox_;
  ports::LinksObserver* observer_ = nullptr;
  std::vector<ports::Datagrams*> sockets_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  Sequence<ConnectionId> ids_;
  Deadlines<ConnectionId> deadlines_;
  ports::TimerId timer_;
  Instant timer_at_ = never;
  Instant rest_ends_{};  // of all connections that have no more than an acknowledgement to send
  ports::TimerId turn_timer_;
  bool is_turn_requested_ = false;
  bool is_in_turn_ = false;
  bool is_closing_ = false;

  // Reused, so that the steady state allocates nothing.
  std::vector<ConnectionId> dirty_;
  std::vector<ConnectionId> flushing_;
  std::vector<Event> events_;
};

}  // namespace mycel::quic
