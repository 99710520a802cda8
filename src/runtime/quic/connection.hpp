#pragma once
// One QUIC connection: ngtcp2's state, its handshake, its streams, and how it comes to its end. It
// is handed packets and time, and writes packets when it is flushed; it never calls anybody.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ngtcp2/ngtcp2.h>

#include "foundation/base/deadlines.hpp"

#include "runtime/ports/links.hpp"
#include "runtime/quic/address.hpp"
#include "runtime/quic/admission.hpp"
#include "runtime/quic/facts.hpp"
#include "runtime/quic/shared.hpp"
#include "runtime/quic/silence.hpp"
#include "runtime/quic/streams.hpp"

namespace mycel::quic {

/// The first packet of a dialler, as far as its header tells.
struct FirstPacket {
  ngtcp2_pkt_hd header{};
  std::optional<ngtcp2_cid> before_retry;  ///< set if the header's token was checked
};

/// Packets that leave together: a train for one path.
struct Train {
  Path path;
  std::span<const std::uint8_t> bytes;
  std::size_t segment_size = 0;
  std::uint8_t ecn = 0;
};

class Connection {
 public:
  static std::unique_ptr<Connection> accept(Shared& shared, ConnectionId id, const Path& path,
                                            const FirstPacket& first, Now now);
  static std::unique_ptr<Connection> dial(Shared& shared, ConnectionId id, const Path& path,
                                          std::optional<PeerId> expected, Now now);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  ConnectionId id() const { return id_; }
  Direction direction() const { return direction_; }
  const Path& path() const { return path_; }
  Streams& streams() { return streams_; }
  const Streams& streams() const { return streams_; }
  ngtcp2_conn* native() { return native_; }

  /// Was the user told of it, or will be?
  bool is_announced() const { return is_connected_ || direction_ == Direction::outbound; }
  bool is_connected() const { return is_connected_; }
  /// It came to its end; only the last packet is left to be sent.
  bool is_over() const { return is_over_; }
  /// The user closed it and wants to hear nothing but that it is closed.
  bool is_silenced() const { return is_silenced_; }

  void read(const Path& path, std::uint8_t ecn, ByteView packet, Now now);
  void on_expiry(Now now);
  Instant next_expiry() const;
  /// Lets the next expiry be at `due` at the latest, unless something is sent before.
  void flush_by(Instant due) { flush_due_ = std::min(flush_due_, due); }
  /// Whether all that there is to send is the acknowledgement of one packet: it may wait for
  /// company. A second packet is acknowledged at once (RFC 9000, section 13.2.2).
  bool owes_one_acknowledgement() const;
  /// Lets it wait until then; nothing else is due before.
  void rest_until(Instant due) { rests_until_ = due; }
  /// Call once after a batch of packets, before the user hears of what they brought.
  void settle();
  void close(std::uint64_t code, std::string_view reason);
  /// Whether silence is to be broken before the idle timeout; at first as configured.
  void keep_alive(bool is_wanted);

  /// Writes the next train into `buffer`; none when there is nothing to send at this time.
  std::optional<Train> next_train(std::span<std::uint8_t> buffer, Now now);
  /// The packet that tells the peer that it is over; empty when there is nothing to tell.
  Bytes farewell(Now now);
  /// How long packets may still be under way.
  Duration linger() const;

  ConnectionFacts facts() const;
  std::optional<Duration> round_trip() const;
  std::uint64_t packets_lost() const;
  const std::vector<Cid>& cids() const { return cids_; }
  /// The id that a dialler made up for us; empty for one that we dialled.
  const ForeignCid& first_cid() const { return first_cid_; }

  // Kept for the endpoint that owns the connection.
  DeadlineId deadline;
  Instant deadline_at = never;
  bool is_dirty = false;               ///< waits to be flushed
  bool is_urgent = false;              ///< and not only for credit and acknowledgements
  std::optional<Network> admitted_as;  ///< counts as a pending inbound handshake

 private:
  friend struct Callbacks;  // what ngtcp2 calls: connection_callbacks.cpp

  Connection(Shared& shared, ConnectionId id, Direction direction, const Path& path);
  void start(const ngtcp2_cid& peer_cid, const FirstPacket* first, std::optional<PeerId> expected,
             Now now);
  ngtcp2_settings settings(Now now) const;
  ngtcp2_transport_params transport_params() const;

  void on_result(int result);
  /// False if nobody proved who they are.
  bool on_handshake_done();
  void check_path();
  void update_keys(Now now);
  void fail(int error);
  void fail_tls();
  void on_closed_by_peer();
  void end(ports::CloseReason reason, std::uint64_t code, std::string text);
  Duration agreed_idle_timeout() const;
  enum class Moved : std::uint8_t { in, out };
  ngtcp2_conn_info native_info() const;
  void watch_silence(Now now, Moved moved, const ngtcp2_conn_info& info);
  void note_debts(Now now, const ngtcp2_conn_info& info);
  void on_silence(Now now);
  void add_cid(Cid cid);
  void remove_cid(Cid cid);

  Shared& shared_;
  ConnectionId id_;
  Direction direction_;
  Path path_;
  ngtcp2_conn* native_ = nullptr;
  std::unique_ptr<TlsSession> tls_;  // until the handshake is done
  PostHandshake post_handshake_;
  Streams streams_;
  Silence silence_;
  std::vector<Cid> cids_;
  ForeignCid first_cid_;
  std::vector<ResetToken> tokens_;  // of the peer, for the ids that are in use

  std::uint64_t sent_bytes_ = 0;
  Instant flush_due_ = never;  // something waits for company until then
  Instant rests_until_ = never;
  std::uint32_t unacknowledged_ = 0;  // packets that came since the last was sent
  std::uint64_t known_lost_ = 0;      // packets; what they held is sent again at once
  bool has_lost_ = false;

  PeerId peer_;
  std::string group_;
  std::string_view cipher_;
  Instant keys_until_{};
  std::uint32_t key_updates_ = 0;
  bool is_connected_ = false;
  bool is_over_ = false;
  bool is_silenced_ = false;
  bool is_reset_ = false;         // by a stateless reset
  bool tells_peer_ = false;       // when over: there is a last packet to send
  std::uint64_t close_code_ = 0;  // when closed by the user
  std::string close_text_;
  int error_ = 0;  // of ngtcp2, when closed by an error
  std::uint8_t alert_ = 0;
};

}  // namespace mycel::quic
