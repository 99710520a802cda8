#include "runtime/quic/outbox.hpp"

namespace mycel::quic {

bool Outbox::hand_over(const Train& train) {
  const ports::Datagram datagram{
      train.path.local,
      train.path.remote,
      {reinterpret_cast<const std::byte*>(train.bytes.data()), train.bytes.size()},
      train.segment_size,
      train.ecn};
  if (train.path.socket->send({&datagram, 1}) != 1) return false;
  counters_->datagrams_sent +=
      train.segment_size == 0 ? 1
                              : (train.bytes.size() + train.segment_size - 1) / train.segment_size;
  counters_->bytes_sent += train.bytes.size();
  return true;
}

void Outbox::send(const Train& train) {
  if (hand_over(train)) return;
  ports::Datagrams& socket = *train.path.socket;
  Waiting& waiting = waiting_[&socket];
  waiting.train = train;
  waiting.bytes.assign(train.bytes.begin(), train.bytes.end());
  waiting.train.bytes = waiting.bytes;
  socket.on_writable([this, &socket] { on_writable(socket); });
}

void Outbox::try_send(const Path& path, std::span<const std::uint8_t> packet) {
  if (waiting_.contains(path.socket)) return;
  hand_over({path, packet});
}

void Outbox::on_writable(ports::Datagrams& socket) {
  const auto waiting = waiting_.find(&socket);
  if (waiting == waiting_.end()) return;
  if (!hand_over(waiting->second.train)) {
    socket.on_writable([this, &socket] { on_writable(socket); });
    return;
  }
  waiting_.erase(waiting);
  if (is_open()) on_room_();
}

}  // namespace mycel::quic
