#pragma once
// The second shape of a link: long-lived ordered streams of messages, with credit. What a peer
// sends keeps its order through whatever is done with each message, because the next one is
// delivered only when the owner asks for it; what we send is refused when the peer is slower than
// the queue allows, so that memory stays bounded.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "foundation/base/strong.hpp"

#include "node/drive/event_queue.hpp"
#include "node/links/message_reader.hpp"
#include "node/links/switch.hpp"

namespace mycel::links {

using ChannelId = Strong<struct ChannelIdTag, std::uint64_t>;

struct ChannelsConfig {
  std::string protocol;
  Framing framing;
  std::size_t queue_max_bytes = 256 * 1024;  ///< a channel's messages that wait for credit
  std::size_t inbound_per_connection = 4;    ///< channels that one peer may open
};

/// Calls never nest: none is made from inside a call of `Channels`.
class ChannelsObserver {
 public:
  /// A peer opened a channel.
  virtual void on_channel(ChannelId channel, ConnectionId connection, const StreamPeer& peer) = 0;
  /// One message, in order. The next comes after `Channels::next`.
  virtual void on_message(ChannelId channel, Bytes body) = 0;
  /// `send` was refused before, and has room again.
  virtual void on_credit(ChannelId channel) = 0;
  /// The last call about this channel, whoever ended it; not made after `Channels::close`.
  virtual void on_ended(ChannelId channel, StreamEnd why) = 0;

 protected:
  ~ChannelsObserver() = default;
};

class Channels final : public StreamOwner {
 public:
  Channels(ChannelsConfig config, Switch& streams, drive::EventQueue& events,
           ChannelsObserver& observer);
  Channels(const Channels&) = delete;
  Channels& operator=(const Channels&) = delete;

  /// None while the peer's stream limit is reached.
  std::optional<ChannelId> open(ConnectionId connection);
  /// False when the queue is full: `on_credit` follows once there is room.
  bool send(ChannelId channel, Bytes body);
  /// The last message was dealt with: the next one may come.
  void next(ChannelId channel);
  /// Gives the channel up; what waits is dropped.
  void close(ChannelId channel);

  std::size_t queued_bytes(ChannelId channel) const;

 private:
  struct Channel {
    ports::StreamKey stream;
    bool is_inbound = false;
    MessageReader reader;
    std::size_t unread_bytes = 0;  // received, and not yet given back as credit
    bool is_busy = false;          // a message is with the owner
    bool is_finished_by_peer = false;
    std::deque<Bytes> queue;
    std::size_t queued_bytes = 0;
    bool was_refused = false;
  };

  void on_inbound(ports::StreamKey key, std::string_view protocol, const StreamPeer& peer) override;
  void on_data(ports::StreamKey key, Bytes data, bool is_last) override;
  void on_writable(ports::StreamKey key) override;
  void on_end(ports::StreamKey key, StreamEnd why) override;
  void on_streams_available(ConnectionId) override {}

  ChannelId add(ports::StreamKey key, bool is_inbound);
  void deliver(ChannelId id);
  void flush(Channel& channel);
  void end(ChannelId id, StreamEnd why);
  void erase(ChannelId id);
  Channel* find(ChannelId id);

  ChannelsConfig config_;
  Switch& switch_;
  drive::EventQueue& events_;
  ChannelsObserver& observer_;
  Sequence<ChannelId> ids_;
  std::map<ChannelId, Channel> channels_;
  std::map<ports::StreamKey, ChannelId> by_stream_;
  std::map<ConnectionId, std::size_t> inbound_count_;
};

}  // namespace mycel::links
