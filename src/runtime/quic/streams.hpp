#pragma once
// The streams of one connection: what waits to be sent, what was received and not yet consumed, and
// how each stream ends. ngtcp2 does the protocol; here are its callbacks' and the user's halves.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <ngtcp2/ngtcp2.h>

#include "foundation/base/bytes.hpp"

#include "runtime/ports/links.hpp"
#include "runtime/quic/config.hpp"
#include "runtime/quic/events.hpp"
#include "runtime/quic/send_queue.hpp"

namespace mycel::quic {

struct Stream {
  std::int64_t id = -1;
  SendQueue queue;
  std::uint64_t unconsumed = 0;  ///< received, and still held against the peer's credit
  bool is_last_queued = false;   ///< the user ended our direction
  bool is_last_sent = false;
  bool is_ready = false;                 ///< stands in the list of those with something to send
  bool is_write_over = false;            ///< nothing is sent any more: writes vanish
  bool is_read_over = false;             ///< the peer's last byte, or its reset, was received
  bool is_given_up = false;              ///< by us, or the user was told that the peer did
  bool is_gone = false;                  ///< ngtcp2 forgot it
  bool wants_room = false;               ///< writable() was 0
  std::optional<std::uint64_t> stopped;  ///< the peer does not read on: its code
};

class Streams {
 public:
  Streams(ConnectionId connection, const Config& config, EventQueue& events)
      : connection_(connection), config_(&config), events_(&events) {}

  // What the user asks for.
  std::optional<std::uint64_t> open(ngtcp2_conn* native);
  /// When what was queued is to be sent.
  enum class Urgency : std::uint8_t { never, later, now };
  Urgency write(std::uint64_t stream, Bytes bytes, bool is_last);
  std::size_t writable(std::uint64_t stream);
  /// When the peer is to hear of its credit: for a stream that has come to its end nobody waits.
  Urgency consume(ngtcp2_conn* native, std::uint64_t stream, std::size_t count);
  bool reset(ngtcp2_conn* native, std::uint64_t stream, std::uint64_t code);

  // What ngtcp2 reports.
  void on_opened(ngtcp2_conn* native, std::int64_t id);
  void on_data(Stream& stream, ByteView bytes, bool is_last);
  void on_acked(Stream& stream, std::uint64_t count);
  void on_reset(ngtcp2_conn* native, Stream& stream, std::uint64_t code);
  void on_stopped(Stream& stream, std::uint64_t code);
  void on_closed(ngtcp2_conn* native, std::int64_t id, Stream* stream);
  void on_credit(Stream& stream);
  void on_limit_raised();
  /// Call once after a batch of reports: tells those who wait for room.
  void settle();

  bool has_something_to_send() const { return !ready_.empty(); }
  /// Ends without bytes wait for company no longer.
  void release_ends();

  /// Writes one packet; an `ngtcp2_write_pkt`.
  ngtcp2_ssize write_packet(ngtcp2_conn* native, ngtcp2_path* path, ngtcp2_pkt_info* info,
                            std::uint8_t* to, std::size_t size, ngtcp2_tstamp now);

  /// May the user still be told about this stream?
  bool is_heard(std::uint64_t stream) const;
  /// The user learns that the peer gave it up; nothing follows.
  void on_told_reset(std::uint64_t stream);
  void forget(std::uint64_t stream);
  std::size_t size() const { return streams_.size(); }

 private:
  Stream* find(std::uint64_t stream);
  ports::StreamKey key(const Stream& stream) const {
    return {connection_, static_cast<std::uint64_t>(stream.id)};
  }
  std::size_t room(const Stream& stream) const;
  void make_ready(Stream& stream);
  void drop_unsent(Stream& stream);
  void release_credit(ngtcp2_conn* native, Stream& stream);
  void tell_stopped(Stream& stream);
  void give_back_stream(ngtcp2_conn* native);
  void on_written(Stream& stream, SendQueue::Gathered offered, bool offered_last,
                  ngtcp2_ssize taken);

  ConnectionId connection_;
  const Config* config_;
  EventQueue* events_;
  std::map<std::int64_t, Stream> streams_;
  std::vector<Stream*> ready_;  // in the order of their turns
  // Streams of ours that are over and have nothing left to say: their ends travel with other bytes.
  // Bounded by the peer's stream limit, as each of them is still open.
  std::vector<std::int64_t> ends_;
  std::vector<std::int64_t> waiting_;  // for room
  std::size_t queued_ = 0;             // bytes of all streams not yet acknowledged
  std::size_t open_by_peer_ = 0;
  std::size_t over_by_peer_ = 0;     // and not yet given back to it
  bool was_refused_stream_ = false;  // open() had none
  bool may_have_room_ = false;
};

}  // namespace mycel::quic
