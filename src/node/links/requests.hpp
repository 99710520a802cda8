#pragma once
// The first shape of a link: a message out, a message back or a failure, within a deadline. Every
// request has a stream of its own, so that a slow one delays no other.
//
// The requests of a peer come numbered; each is answered once or refused. Several may follow each
// other on one stream, as js-libp2p's Kademlia does; the next is read when the last is answered.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/flat_map.hpp"
#include "foundation/model/request.hpp"

#include "node/drive/alarm.hpp"
#include "node/drive/event_queue.hpp"
#include "node/links/message_reader.hpp"
#include "node/links/switch.hpp"

namespace mycel::links {

struct RequestsConfig {
  std::string protocol;
  Framing framing;
  bool has_request_body = true;  ///< false: opening the stream is the request (identify)
  bool has_answer = true;        ///< false: nothing comes back (identify push)
  /// Our direction ends in the flight of the request, and theirs in that of the answer: two packets
  /// and their acknowledgements less. Not with protocols whose js-libp2p handlers lose such an end.
  bool ends_with_request = false;
  /// More than 1: the answer is everything up to the end of the stream, frame after frame.
  std::size_t answer_frames_max = 1;
  Duration timeout = 5s;  ///< from asking to the last byte of the answer, dialling included
  std::size_t under_way_max = 4096;         ///< our requests; further ones fail as `overloaded`
  std::size_t inbound_max = 4096;           ///< streams of all peers; further ones are reset
  std::size_t inbound_per_connection = 64;  ///< streams of one peer; further ones are reset
  Duration inbound_idle_max = 30s;          ///< a peer's stream that asks nothing is reset
};

/// A request of a peer.
struct InboundRequest {
  InboundId id;
  ConnectionId connection;
  PeerId peer;
  Multiaddr remote;
  Bytes body;
};

/// Who asks and answers: the binding of one protocol. Calls never nest: none is made from inside a
/// call of `Requests`.
class RequestsObserver {
 public:
  virtual void on_answer(RequestId request, Bytes body) = 0;
  virtual void on_failure(RequestId request, RequestFailure why) = 0;
  virtual void on_request(InboundRequest request) = 0;

 protected:
  ~RequestsObserver() = default;
};

/// Where connections come from.
class ConnectionSource {
 public:
  /// A stream is about to be opened to that peer: the pooled connection, or none while one is made.
  /// Then `Requests::on_reachable` or `on_unreachable` follows, later.
  virtual std::optional<ConnectionId> want(const PeerId& peer) = 0;

 protected:
  ~ConnectionSource() = default;
};

struct RequestsCounters {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  std::uint64_t received = 0;
  std::uint64_t refused = 0;  ///< streams of peers over a limit, or malformed
};

class Requests final : public StreamOwner {
 public:
  Requests(RequestsConfig config, Switch& streams, ConnectionSource& connections,
           ports::Timers& timers, drive::EventQueue& events, RequestsObserver& observer);
  Requests(const Requests&) = delete;
  Requests& operator=(const Requests&) = delete;

  /// Asks `to`, over its pooled connection or a new one. With `expects_answer` false the request is
  /// sent and forgotten: only a failure to send it is reported.
  void request(RequestId request, const PeerId& to, Bytes body, bool expects_answer = true);
  /// The same over one connection, whoever is pooled.
  void request_on(RequestId request, ConnectionId connection, Bytes body,
                  bool expects_answer = true);
  /// Forgets the request; neither answer nor failure follows.
  void cancel(RequestId request);

  /// Answers a peer's request; late answers to streams that are gone are dropped.
  void answer(InboundId request, Bytes body);
  /// Takes it without a word: this kind of request has no answer.
  void dismiss(InboundId request);
  /// Refuses it: the stream is reset.
  void refuse(InboundId request);

  void on_reachable(const PeerId& peer, ConnectionId connection);
  void on_unreachable(const PeerId& peer);

  const RequestsCounters& counters() const { return counters_; }
  std::size_t under_way() const { return requests_.size(); }
  /// Everything that is kept for anybody: 0 when all is over.
  std::size_t held() const;

 private:
  struct Outbound {
    std::optional<PeerId> peer;  // none: it is for `connection`, whoever is there
    std::optional<ConnectionId> connection;
    std::optional<ports::StreamKey> stream;
    Bytes body;
    bool expects_answer = true;
    bool is_second_try = false;
    DeadlineId deadline;
  };
  /// One stream, whoever opened it.
  struct Stream {
    std::optional<RequestId> request;  // ours, until it is answered
    std::optional<InboundId> inbound;  // theirs, until it is answered
    bool is_inbound = false;
    bool is_finished_by_peer = false;
    StreamPeer peer;
    MessageReader reader;
    std::size_t unread_bytes = 0;  // of an inbound one: received, and not yet given back as credit
    std::vector<Bytes> frames;     // of an answer that has several
    DeadlineId deadline;
    Instant rests_since{};  // it carried a request until then
  };
  using Due = std::variant<std::monostate, RequestId, ports::StreamKey>;

  void on_inbound(ports::StreamKey key, std::string_view protocol, const StreamPeer& peer) override;
  void on_data(ports::StreamKey key, Bytes data, bool is_last) override;
  void on_writable(ports::StreamKey key) override;
  void on_end(ports::StreamKey key, StreamEnd why) override;
  void on_streams_available(ConnectionId connection) override;
  void on_connection_lost(ConnectionId connection) override;

  void start(RequestId request, Outbound outbound);
  void reach(RequestId request, const PeerId& peer);
  void send(RequestId request, ConnectionId connection);
  bool open(RequestId request, ConnectionId connection);
  bool forget(RequestId request);
  void try_again(RequestId request);
  void fail_later(RequestId request, RequestFailure why);
  void fail(RequestId request, RequestFailure why);
  void read_answer(ports::StreamKey key, Stream& stream);
  Result<Bytes, wire::Fault> next_answer(Stream& stream) const;
  void read_request(ports::StreamKey key, Stream& stream);
  void accept(ports::StreamKey key, Stream& stream, Bytes body);
  void give_up(ports::StreamKey key);
  void finish_if_done(ports::StreamKey key, Stream& stream);
  void erase(ports::StreamKey key);
  void touch(ports::StreamKey key, Stream& stream);
  void on_rest(ports::StreamKey key);
  std::size_t inbound_of(ConnectionId connection) const;
  void on_alarm();

  RequestsConfig config_;
  Switch& switch_;
  ConnectionSource& connections_;
  ports::Timers& timers_;
  drive::EventQueue& events_;
  RequestsObserver& observer_;
  FlatMap<RequestId, Outbound> requests_;
  std::map<PeerId, std::deque<RequestId>> waiting_for_peer_;
  std::map<ConnectionId, std::deque<RequestId>> waiting_for_stream_;
  FlatMap<ports::StreamKey, Stream> streams_;
  std::size_t inbound_total_ = 0;
  FlatMap<InboundId, ports::StreamKey> inbound_;
  Sequence<InboundId> inbound_ids_;
  Deadlines<Due> deadlines_;
  RequestsCounters counters_;
  drive::Alarm alarm_;
};

}  // namespace mycel::links
