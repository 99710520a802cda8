#include "runtime/quic/transport.hpp"

#include <utility>

#include "runtime/quic/endpoint.hpp"

namespace mycel::quic {

Transport::Transport(const Config& config, const crypto::Ed25519PrivateKey& identity,
                     ports::Timers& timers, ports::Entropy& entropy)
    : endpoint_(std::make_unique<Endpoint>(config, identity, timers, entropy)) {}

Transport::~Transport() = default;

void Transport::add_socket(ports::Datagrams& socket) {
  endpoint_->add_socket(socket);
}
void Transport::observe(ports::LinksObserver& observer) {
  endpoint_->observe(observer);
}
ConnectionId Transport::dial(const Multiaddr& address, std::optional<PeerId> expected) {
  return endpoint_->dial(address, std::move(expected));
}

std::optional<ports::StreamKey> Transport::open(ConnectionId id) {
  Connection* connection = endpoint_->find_open(id);
  if (connection == nullptr) return std::nullopt;
  const auto stream = connection->streams().open(connection->native());
  if (!stream) {
    connection->streams().release_ends();  // they may be what frees a stream
    endpoint_->touch(*connection);
    return std::nullopt;
  }
  return ports::StreamKey{id, *stream};
}

void Transport::write(ports::StreamKey stream, Bytes data, bool is_last) {
  Connection* connection = endpoint_->find_open(stream.connection);
  if (connection == nullptr) return;
  switch (connection->streams().write(stream.stream, std::move(data), is_last)) {
    case Streams::Urgency::never:
      return;
    case Streams::Urgency::later:
      return endpoint_->touch_later(*connection);
    case Streams::Urgency::now:
      return endpoint_->touch(*connection);
  }
}

std::size_t Transport::writable(ports::StreamKey stream) const {
  Connection* connection = endpoint_->find_open(stream.connection);
  return connection == nullptr ? 0 : connection->streams().writable(stream.stream);
}

void Transport::consume(ports::StreamKey stream, std::size_t count) {
  Connection* connection = endpoint_->find_open(stream.connection);
  if (connection == nullptr) return;
  switch (connection->streams().consume(connection->native(), stream.stream, count)) {
    case Streams::Urgency::never:
      return;
    case Streams::Urgency::later:
      return endpoint_->touch_in_passing(*connection);
    case Streams::Urgency::now:
      return endpoint_->touch(*connection);
  }
}

void Transport::reset(ports::StreamKey stream, std::uint64_t code) {
  Connection* connection = endpoint_->find_open(stream.connection);
  if (connection == nullptr) return;
  if (connection->streams().reset(connection->native(), stream.stream, code))
    endpoint_->touch(*connection);
}

void Transport::close(ConnectionId id, std::uint64_t code, std::string_view reason) {
  if (Connection* connection = endpoint_->find(id)) {
    connection->close(code, reason);
    endpoint_->touch(*connection);
  }
}

std::optional<Duration> Transport::round_trip(ConnectionId id) const {
  const Connection* connection = endpoint_->find_open(id);
  if (connection == nullptr) return std::nullopt;
  return connection->round_trip();
}

void Transport::keep_alive(ConnectionId id, bool is_wanted) {
  if (Connection* connection = endpoint_->find_open(id)) {
    connection->keep_alive(is_wanted);
    endpoint_->touch_in_passing(*connection);
  }
}

void Transport::close_all(std::uint64_t code, std::string_view reason) {
  endpoint_->close_all(code, reason);
}

std::optional<ConnectionFacts> Transport::facts(ConnectionId id) const {
  const Connection* connection = endpoint_->find_open(id);
  if (connection == nullptr) return std::nullopt;
  return connection->facts();
}

Counters Transport::stats() const {
  return endpoint_->stats();
}

}  // namespace mycel::quic
