#include "runtime/quic/streams.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mycel::quic {
namespace {

/// A stream may queue so much even while others use up the connection's budget, so that a request
/// is not held up by a transfer.
constexpr std::size_t reserve_bytes = 16 * 1024;
/// A user who waits for room is told at this much, or a quarter of the budget: not at every packet.
constexpr std::size_t room_worth_telling_bytes = 64 * 1024;
constexpr std::size_t pieces_max = 16;

std::size_t left(std::size_t budget, std::size_t used) {
  return budget > used ? budget - used : 0;
}

}  // namespace

Stream* Streams::find(std::uint64_t stream) {
  const auto found = streams_.find(static_cast<std::int64_t>(stream));
  return found == streams_.end() ? nullptr : &found->second;
}

std::size_t Streams::room(const Stream& stream) const {
  const std::size_t own = left(config_->stream_send_budget_bytes, stream.queue.size());
  const std::size_t shared = left(config_->connection_send_budget_bytes, queued_);
  const std::size_t reserved =
      left(std::min(reserve_bytes, config_->stream_send_budget_bytes), stream.queue.size());
  return std::max(std::min(own, shared), reserved);
}

std::optional<std::uint64_t> Streams::open(ngtcp2_conn* native) {
  std::int64_t id = -1;
  if (ngtcp2_conn_open_bidi_stream(native, &id, nullptr) != 0) {
    was_refused_stream_ = true;
    return std::nullopt;
  }
  Stream& stream = streams_[id];
  stream.id = id;
  ngtcp2_conn_set_stream_user_data(native, id, &stream);
  return static_cast<std::uint64_t>(id);
}

Streams::Urgency Streams::write(std::uint64_t id, Bytes bytes, bool is_last) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->is_given_up || stream->is_last_queued) return Urgency::never;
  stream->is_last_queued = is_last;
  if (stream->is_write_over) return Urgency::never;
  queued_ += bytes.size();
  stream->queue.push(std::move(bytes));
  if (stream->queue.unsent() == 0 && !is_last) return Urgency::never;
  if (stream->queue.unsent() == 0) {
    ends_.push_back(stream->id);
    return Urgency::later;
  }
  make_ready(*stream);
  return Urgency::now;
}

void Streams::release_ends() {
  for (const std::int64_t id : ends_)
    if (Stream* stream = find(static_cast<std::uint64_t>(id)); stream && !stream->is_last_sent)
      make_ready(*stream);
  ends_.clear();
}

std::size_t Streams::writable(std::uint64_t id) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->is_given_up || stream->is_last_queued) return 0;
  const std::size_t space = room(*stream);
  if (space == 0 && !stream->wants_room) {
    stream->wants_room = true;
    waiting_.push_back(stream->id);
  }
  return space;
}

Streams::Urgency Streams::consume(ngtcp2_conn* native, std::uint64_t id, std::size_t count) {
  Stream* stream = find(id);
  if (stream == nullptr) return Urgency::never;
  const std::uint64_t credit = std::min<std::uint64_t>(count, stream->unconsumed);
  if (credit == 0) return Urgency::never;
  stream->unconsumed -= credit;
  if (!stream->is_read_over) ngtcp2_conn_extend_max_stream_offset(native, stream->id, credit);
  ngtcp2_conn_extend_max_offset(native, credit);
  return stream->is_read_over ? Urgency::later : Urgency::now;
}

bool Streams::reset(ngtcp2_conn* native, std::uint64_t id, std::uint64_t code) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->is_given_up) return false;
  stream->is_given_up = true;
  stream->is_write_over = true;
  if (!stream->is_gone) ngtcp2_conn_shutdown_stream(native, 0, stream->id, code);
  drop_unsent(*stream);
  release_credit(native, *stream);
  return true;
}

void Streams::on_opened(ngtcp2_conn* native, std::int64_t id) {
  Stream& stream = streams_[id];
  stream.id = id;
  ngtcp2_conn_set_stream_user_data(native, id, &stream);
  open_by_peer_ += 1;
  events_->push(StreamEvent{key(stream)});
}

void Streams::on_data(Stream& stream, ByteView bytes, bool is_last) {
  stream.unconsumed += bytes.size();
  if (is_last) stream.is_read_over = true;
  events_->push_data(key(stream), bytes, is_last);
  if (is_last) tell_stopped(stream);
}

void Streams::on_acked(Stream& stream, std::uint64_t count) {
  const std::size_t before = stream.queue.size();
  stream.queue.on_acked(static_cast<std::size_t>(count));
  queued_ -= before - stream.queue.size();
  may_have_room_ = true;
}

void Streams::on_reset(ngtcp2_conn* native, Stream& stream, std::uint64_t code) {
  stream.is_read_over = true;
  release_credit(native, stream);
  if (stream.is_given_up) return;
  // Nobody resets half of a conversation to hear the other half. Ending our direction too frees
  // the stream whether or not the user reacts.
  if (!stream.is_write_over && !stream.is_last_sent) {
    ngtcp2_conn_shutdown_stream_write(native, 0, stream.id, code);
    stream.is_write_over = true;
    drop_unsent(stream);
  }
  events_->push(ResetEvent{key(stream), code});
}

void Streams::on_stopped(Stream& stream, std::uint64_t code) {
  // ngtcp2 answers with RESET_STREAM. The peer may still be sending: go-libp2p closes a stream by
  // STOP_SENDING and FIN at once, right after a message that must not be lost.
  stream.is_write_over = true;
  stream.stopped = code;
  drop_unsent(stream);
  may_have_room_ = true;
  if (stream.is_read_over) tell_stopped(stream);
}

void Streams::tell_stopped(Stream& stream) {
  if (!stream.stopped || stream.is_given_up || stream.is_last_queued) return;
  events_->push(ResetEvent{key(stream), *stream.stopped});
}

void Streams::on_closed(ngtcp2_conn* native, std::int64_t id, Stream* stream) {
  if (ngtcp2_conn_is_local_stream2(native, id) == 0) give_back_stream(native);
  if (stream == nullptr) return;
  stream->is_gone = true;
  stream->is_write_over = true;
  drop_unsent(*stream);
  release_credit(native, *stream);
  events_->push(StreamOverEvent{key(*stream)});
}

// A frame for each stream that ends would be a packet for each request, and one that acknowledges
// it. While the peer has used less than half of its streams, it hears of many at once.
void Streams::give_back_stream(ngtcp2_conn* native) {
  open_by_peer_ -= 1;
  over_by_peer_ += 1;
  const std::size_t limit = config_->streams_inbound_max;
  const bool may_wait = over_by_peer_ < limit / 8 && open_by_peer_ + over_by_peer_ < limit / 2;
  if (!may_wait) ngtcp2_conn_extend_max_streams_bidi(native, std::exchange(over_by_peer_, 0));
}

void Streams::on_credit(Stream& stream) {
  if (stream.queue.unsent() > 0 || (stream.is_last_queued && !stream.is_last_sent))
    make_ready(stream);
}

void Streams::on_limit_raised() {
  if (!was_refused_stream_) return;
  was_refused_stream_ = false;
  events_->push(StreamsAvailableEvent{connection_});
}

void Streams::settle() {
  if (!may_have_room_) return;
  may_have_room_ = false;
  const std::size_t worth_telling =
      std::min(room_worth_telling_bytes, config_->stream_send_budget_bytes / 4 + 1);
  std::erase_if(waiting_, [&](std::int64_t id) {
    const auto found = streams_.find(id);
    if (found == streams_.end() || found->second.is_given_up) return true;
    if (room(found->second) < worth_telling) return false;
    found->second.wants_room = false;
    events_->push(WritableEvent{key(found->second)});
    return true;
  });
}

void Streams::make_ready(Stream& stream) {
  if (stream.is_ready || stream.is_write_over) return;
  stream.is_ready = true;
  ready_.push_back(&stream);
}

void Streams::drop_unsent(Stream& stream) {
  queued_ -= stream.queue.size();
  stream.queue.clear();
  if (stream.is_ready) std::erase(ready_, &stream);
  stream.is_ready = false;
  may_have_room_ = true;
}

void Streams::release_credit(ngtcp2_conn* native, Stream& stream) {
  if (stream.unconsumed > 0) ngtcp2_conn_extend_max_offset(native, stream.unconsumed);
  stream.unconsumed = 0;
}

bool Streams::is_heard(std::uint64_t stream) const {
  const auto found = streams_.find(static_cast<std::int64_t>(stream));
  return found != streams_.end() && !found->second.is_given_up;
}

void Streams::on_told_reset(std::uint64_t id) {
  if (Stream* stream = find(id)) stream->is_given_up = true;
}

void Streams::forget(std::uint64_t id) {
  streams_.erase(static_cast<std::int64_t>(id));
}

ngtcp2_ssize Streams::write_packet(ngtcp2_conn* native, ngtcp2_path* path, ngtcp2_pkt_info* info,
                                   std::uint8_t* to, std::size_t size, ngtcp2_tstamp now) {
  if (!ready_.empty()) release_ends();
  std::array<ngtcp2_vec, pieces_max> pieces;
  bool is_blocked = false;
  for (;;) {
    if (ready_.empty() || is_blocked)
      return ngtcp2_conn_writev_stream(native, path, info, to, size, nullptr,
                                       NGTCP2_WRITE_STREAM_FLAG_NONE, -1, nullptr, 0, now);
    Stream& stream = *ready_.front();
    const auto offered = stream.queue.gather(pieces, size);
    const bool offers_last = stream.is_last_queued && offered.bytes == stream.queue.unsent();
    std::uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
    if (offers_last) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    // Packets of one size go out as one train, so a few bytes of padding are worth it in bulk.
    if (stream.queue.unsent() >= 2 * size) flags |= NGTCP2_WRITE_STREAM_FLAG_PADDING;
    if (ready_.size() > 1) flags |= NGTCP2_WRITE_STREAM_FLAG_MORE;

    ngtcp2_ssize taken = -1;
    const ngtcp2_ssize written = ngtcp2_conn_writev_stream(
        native, path, info, to, size, &taken, flags, stream.id, pieces.data(), offered.pieces, now);
    switch (written) {
      case NGTCP2_ERR_WRITE_MORE:
        on_written(stream, offered, offers_last, taken);
        break;
      case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        // The connection's credit comes with some later packet, after which this is tried again;
        // the stream's own is reported by on_credit().
        if (ngtcp2_conn_get_max_data_left2(native) == 0) {
          is_blocked = true;
        } else {
          stream.is_ready = false;
          ready_.erase(ready_.begin());
        }
        break;
      case NGTCP2_ERR_STREAM_SHUT_WR:
      case NGTCP2_ERR_STREAM_NOT_FOUND:
        stream.is_write_over = true;
        drop_unsent(stream);
        break;
      default:
        if (written >= 0 && taken >= 0) on_written(stream, offered, offers_last, taken);
        return written;
    }
  }
}

void Streams::on_written(Stream& stream, SendQueue::Gathered offered, bool offered_last,
                         ngtcp2_ssize taken) {
  const auto count = static_cast<std::size_t>(taken);
  stream.queue.on_sent(count);
  if (offered_last && count == offered.bytes) stream.is_last_sent = true;
  const bool has_more =
      stream.queue.unsent() > 0 || (stream.is_last_queued && !stream.is_last_sent);
  // Whoever has more waits for the turns of the others.
  if (has_more) {
    std::rotate(ready_.begin(), ready_.begin() + 1, ready_.end());
  } else {
    stream.is_ready = false;
    ready_.erase(ready_.begin());
  }
}

}  // namespace mycel::quic
