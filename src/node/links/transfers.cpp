#include "node/links/transfers.hpp"

#include <algorithm>
#include <utility>

#include "foundation/wire/proto.hpp"

namespace mycel::links {
namespace {

using ports::StreamKey;

constexpr Framing header_framing{.size_max_bytes = 4096};
constexpr std::uint32_t name_field = 1;
constexpr std::uint32_t offset_field = 2;
constexpr std::uint32_t size_field = 1;
constexpr std::uint32_t refused_field = 2;

struct Wanted {
  Bytes name;
  std::uint64_t offset = 0;
};

std::optional<Wanted> decode_wanted(const Bytes& body) {
  Wanted wanted;
  wire::ProtoReader reader(body);
  while (const auto field = reader.next()) {
    if (field->is_bytes(name_field)) wanted.name = Bytes::copy(field->bytes);
    if (field->is_number(offset_field)) wanted.offset = field->number;
  }
  if (!reader.ok() || wanted.name.empty()) return std::nullopt;
  return wanted;
}

TransferFailure failure_of(StreamEnd why) {
  switch (why) {
    case StreamEnd::unsupported:
      return TransferFailure::unsupported;
    case StreamEnd::malformed:
      return TransferFailure::malformed;
    case StreamEnd::timeout:
      return TransferFailure::silent;
    case StreamEnd::reset:
    case StreamEnd::connection_lost:
    case StreamEnd::connection_closed:
      return TransferFailure::broken;
  }
  return TransferFailure::broken;
}

}  // namespace

Transfers::Transfers(TransfersConfig config, Switch& streams, ports::Timers& timers,
                     TransfersObserver& observer)
    : config_(std::move(config)),
      switch_(streams),
      timers_(timers),
      observer_(observer),
      alarm_(timers, [this] { on_alarm(); }) {
  switch_.serve(config_.protocol, *this);
}

std::optional<TransferId> Transfers::fetch(ConnectionId connection, const Bytes& name,
                                           std::uint64_t offset) {
  const auto key = switch_.open(connection, config_.protocol, *this);
  if (!key) return std::nullopt;
  const TransferId id = ids_.next();
  Receiving& transfer = receiving_
                            .emplace(*key, Receiving{.id = id,
                                                     .offset = offset,
                                                     .size = {},
                                                     .reader = MessageReader(header_framing)})
                            .first->second;
  by_id_.emplace(id, *key);
  touch(*key, transfer.deadline);
  switch_.write(
      *key,
      header_framing.frame(
          wire::ProtoWriter{}.bytes(name_field, name).number(offset_field, offset).take()),
      false);
  return id;
}

void Transfers::consume(TransferId id, std::size_t count) {
  const auto entry = by_id_.find(id);
  if (entry != by_id_.end()) switch_.consume(entry->second, count);
}

void Transfers::cancel(TransferId id) {
  const auto entry = by_id_.find(id);
  if (entry == by_id_.end()) return;
  const StreamKey key = entry->second;
  deadlines_.cancel(receiving_.at(key).deadline);
  receiving_.erase(key);
  by_id_.erase(entry);
  switch_.reset(key);
}

void Transfers::on_data(StreamKey key, Bytes data, bool is_last) {
  if (const auto receiving = receiving_.find(key); receiving != receiving_.end())
    return receive(key, receiving->second, std::move(data), is_last);
  switch_.consume(key, data.size());
  const auto sending = sending_.find(key);
  if (sending == sending_.end() || sending->second.source) return;
  sending->second.reader.feed(std::move(data));
  accept(key, sending->second);
}

void Transfers::receive(StreamKey key, Receiving& transfer, Bytes data, bool is_last) {
  touch(key, transfer.deadline);
  if (!transfer.size) {
    transfer.reader.feed(std::move(data));
    read_answer(key, transfer);
    const auto still = receiving_.find(key);
    if (still == receiving_.end()) return;
    if (!still->second.size) {
      if (is_last) fail(key, TransferFailure::broken);
      return;
    }
    data = still->second.reader.take_unread();
  }
  const TransferId id = transfer.id;
  const std::uint64_t size = *transfer.size;
  if (data.size() > size - transfer.offset) return fail(key, TransferFailure::malformed);
  const std::uint64_t offset = std::exchange(transfer.offset, transfer.offset + data.size());
  const bool is_whole = transfer.offset == size;
  if (!data.empty()) observer_.on_chunk(id, offset, std::move(data));
  if (!is_last || !by_id_.contains(id)) return;
  if (!is_whole) return fail(key, TransferFailure::broken);
  switch_.write(key, {}, true);
  deadlines_.cancel(transfer.deadline);
  receiving_.erase(key);
  by_id_.erase(id);
  observer_.on_complete(id, size);
}

void Transfers::read_answer(StreamKey key, Receiving& transfer) {
  const std::size_t before = transfer.reader.unread_bytes();
  const auto body = transfer.reader.next();
  if (!body && body.error() == wire::Fault::truncated) return;
  if (!body) return fail(key, TransferFailure::malformed);
  switch_.consume(key, before - transfer.reader.unread_bytes());
  wire::ProtoReader reader(*body);
  bool is_refused = false;
  while (const auto field = reader.next()) {
    if (field->is_number(size_field)) transfer.size = field->number;
    if (field->is_number(refused_field)) is_refused = field->number != 0;
  }
  if (is_refused) return fail(key, TransferFailure::refused);
  const bool is_sound = reader.ok() && transfer.size && *transfer.size >= transfer.offset;
  if (!is_sound) fail(key, TransferFailure::malformed);
}

void Transfers::on_inbound(StreamKey key, std::string_view, const StreamPeer& peer) {
  if (sending_count_[key.connection] >= config_.inbound_per_connection) return switch_.reset(key);
  sending_count_[key.connection] += 1;
  Sending& transfer =
      sending_
          .emplace(key,
                   Sending{.peer = peer, .source = {}, .reader = MessageReader(header_framing)})
          .first->second;
  touch(key, transfer.deadline);
}

void Transfers::accept(StreamKey key, Sending& transfer) {
  const auto body = transfer.reader.next();
  if (!body && body.error() == wire::Fault::truncated) return;
  const auto wanted = body ? decode_wanted(*body) : std::nullopt;
  if (!wanted) {
    erase_sending(key);
    return switch_.reset(key);
  }
  auto source = observer_.on_wanted(transfer.peer, wanted->name);
  if (!source || wanted->offset > source->size()) return refuse(key);
  const std::uint64_t size = source->size();
  transfer.source = std::move(source);
  transfer.offset = wanted->offset;
  switch_.write(key, header_framing.frame(wire::ProtoWriter{}.number(size_field, size).take()),
                false);
  pump(key);
}

void Transfers::refuse(StreamKey key) {
  erase_sending(key);
  switch_.write(key, header_framing.frame(wire::ProtoWriter{}.number(refused_field, 1).take()),
                true);
}

void Transfers::pump(StreamKey key) {
  const auto entry = sending_.find(key);
  if (entry == sending_.end() || !entry->second.source) return;
  Sending& transfer = entry->second;
  const std::uint64_t size = transfer.source->size();
  while (transfer.offset < size) {
    const std::uint64_t left = size - transfer.offset;
    const auto count = static_cast<std::size_t>(
        std::min<std::uint64_t>({left, switch_.writable(key), config_.chunk_size_bytes}));
    if (count == 0) return touch(key, transfer.deadline);
    Bytes data = transfer.source->read(transfer.offset, count);
    if (data.empty()) {
      erase_sending(key);
      return switch_.reset(key);
    }
    transfer.offset += data.size();
    switch_.write(key, std::move(data), false);
  }
  erase_sending(key);
  switch_.write(key, {}, true);
}

void Transfers::on_writable(StreamKey key) {
  pump(key);
}

void Transfers::on_end(StreamKey key, StreamEnd why) {
  if (receiving_.contains(key)) return fail(key, failure_of(why));
  erase_sending(key);
}

void Transfers::fail(StreamKey key, TransferFailure why) {
  const auto entry = receiving_.find(key);
  const TransferId id = entry->second.id;
  const std::uint64_t offset = entry->second.offset;
  deadlines_.cancel(entry->second.deadline);
  receiving_.erase(entry);
  by_id_.erase(id);
  switch_.reset(key);
  observer_.on_broken(id, offset, why);
}

void Transfers::erase_sending(StreamKey key) {
  const auto entry = sending_.find(key);
  if (entry == sending_.end()) return;
  deadlines_.cancel(entry->second.deadline);
  sending_.erase(entry);
  if (--sending_count_[key.connection] == 0) sending_count_.erase(key.connection);
}

void Transfers::touch(StreamKey key, DeadlineId& deadline) {
  deadlines_.cancel(deadline);
  deadline = deadlines_.add(timers_.now().instant + config_.silence_max, key);
  alarm_.set(deadlines_.next());
}

void Transfers::on_alarm() {
  while (const auto key = deadlines_.pop_due(timers_.now().instant)) {
    if (receiving_.contains(*key)) {
      fail(*key, TransferFailure::silent);
    } else if (sending_.contains(*key)) {
      erase_sending(*key);
      switch_.reset(*key);
    }
  }
  alarm_.set(deadlines_.next());
}

}  // namespace mycel::links
