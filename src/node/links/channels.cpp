#include "node/links/channels.hpp"

#include <utility>

namespace mycel::links {

using ports::StreamKey;

Channels::Channels(ChannelsConfig config, Switch& streams, drive::EventQueue& events,
                   ChannelsObserver& observer)
    : config_(std::move(config)), switch_(streams), events_(events), observer_(observer) {
  switch_.serve(config_.protocol, *this);
}

std::optional<ChannelId> Channels::open(ConnectionId connection) {
  const auto stream = switch_.open(connection, config_.protocol, *this);
  if (!stream) return std::nullopt;
  return add(*stream, false);
}

bool Channels::send(ChannelId id, Bytes body) {
  Channel* channel = find(id);
  if (channel == nullptr) return false;
  if (channel->queued_bytes + body.size() > config_.queue_max_bytes) {
    channel->was_refused = true;
    return false;
  }
  Bytes framed = config_.framing.frame(std::move(body));
  channel->queued_bytes += framed.size();
  channel->queue.push_back(std::move(framed));
  flush(*channel);
  return true;
}

void Channels::next(ChannelId id) {
  Channel* channel = find(id);
  if (channel == nullptr) return;
  channel->is_busy = false;
  events_.post([this, id] { deliver(id); });
}

void Channels::close(ChannelId id) {
  const Channel* channel = find(id);
  if (channel == nullptr) return;
  const StreamKey stream = channel->stream;
  erase(id);
  switch_.reset(stream);
}

std::size_t Channels::queued_bytes(ChannelId id) const {
  const auto entry = channels_.find(id);
  return entry == channels_.end() ? 0 : entry->second.queued_bytes;
}

void Channels::on_inbound(StreamKey key, std::string_view, const StreamPeer& peer) {
  if (inbound_count_[key.connection] >= config_.inbound_per_connection) return switch_.reset(key);
  const ChannelId id = add(key, true);
  observer_.on_channel(id, key.connection, peer);
}

void Channels::on_data(StreamKey key, Bytes data, bool is_last) {
  const auto entry = by_stream_.find(key);
  if (entry == by_stream_.end()) return;
  Channel& channel = channels_.at(entry->second);
  channel.unread_bytes += data.size();
  channel.is_finished_by_peer = is_last;
  channel.reader.feed(std::move(data));
  deliver(entry->second);
}

// The peer's credit returns when its messages are taken, not when they arrive: a slow owner slows
// the peer down instead of filling our memory.
void Channels::deliver(ChannelId id) {
  Channel* channel = find(id);
  if (channel == nullptr || channel->is_busy) return;
  auto message = channel->reader.next();
  const bool is_waiting = !message && message.error() == wire::Fault::truncated;
  if (!message && !is_waiting) return end(id, StreamEnd::malformed);
  if (is_waiting && channel->is_finished_by_peer) return end(id, StreamEnd::reset);
  const std::size_t unread = channel->reader.unread_bytes();
  // A message that is longer than the window comes only if what came of it is credited.
  const std::size_t kept = is_waiting ? 0 : unread;
  if (channel->unread_bytes > kept)
    switch_.consume(channel->stream, std::exchange(channel->unread_bytes, kept) - kept);
  if (is_waiting) return;
  channel->is_busy = true;
  observer_.on_message(id, std::move(*message));
}

void Channels::on_writable(StreamKey key) {
  const auto entry = by_stream_.find(key);
  if (entry == by_stream_.end()) return;
  const ChannelId id = entry->second;
  Channel& channel = channels_.at(id);
  flush(channel);
  if (channel.queued_bytes <= config_.queue_max_bytes / 2 &&
      std::exchange(channel.was_refused, false))
    observer_.on_credit(id);
}

void Channels::flush(Channel& channel) {
  while (!channel.queue.empty()) {
    const std::size_t room = switch_.writable(channel.stream);
    if (room == 0) return;
    Bytes& first = channel.queue.front();
    Bytes part = first.slice(0, room);
    channel.queued_bytes -= part.size();
    first = first.slice(part.size());
    if (first.empty()) channel.queue.pop_front();
    switch_.write(channel.stream, std::move(part), false);
  }
}

void Channels::on_end(StreamKey key, StreamEnd why) {
  const auto entry = by_stream_.find(key);
  if (entry == by_stream_.end()) return;
  const ChannelId id = entry->second;
  erase(id);
  observer_.on_ended(id, why);
}

void Channels::end(ChannelId id, StreamEnd why) {
  const StreamKey stream = channels_.at(id).stream;
  erase(id);
  switch_.reset(stream);
  observer_.on_ended(id, why);
}

ChannelId Channels::add(StreamKey key, bool is_inbound) {
  const ChannelId id = ids_.next();
  channels_.emplace(id, Channel{.stream = key,
                                .is_inbound = is_inbound,
                                .reader = MessageReader(config_.framing),
                                .queue = {}});
  by_stream_.emplace(key, id);
  if (is_inbound) inbound_count_[key.connection] += 1;
  return id;
}

void Channels::erase(ChannelId id) {
  const auto entry = channels_.find(id);
  const StreamKey stream = entry->second.stream;
  if (entry->second.is_inbound && --inbound_count_[stream.connection] == 0)
    inbound_count_.erase(stream.connection);
  by_stream_.erase(stream);
  channels_.erase(entry);
}

Channels::Channel* Channels::find(ChannelId id) {
  const auto entry = channels_.find(id);
  return entry == channels_.end() ? nullptr : &entry->second;
}

}  // namespace mycel::links
