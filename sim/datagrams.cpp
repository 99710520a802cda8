#include "sim/datagrams.hpp"

#include <memory>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::sim {
namespace {

/// Of a socket's buffer, as the transport asks for one (runtime/os).
constexpr std::size_t buffer_max_bytes = std::size_t{7} << 20;
constexpr std::uint8_t first_outer = 2;  ///< 10.2.x.y is where a node is seen after its first move
constexpr std::uint8_t outer_count = 200;

std::uint32_t number_of(const ports::Endpoint& at) {
  return std::uint32_t{at.address[2]} << 8 | at.address[3];
}

}  // namespace

DatagramNetwork::DatagramNetwork(World& world, const Weather& weather)
    : packets_(world, world.fork("datagrams")) {
  packets_.weather = weather;
  packets_.filter = [this](const ports::Datagram& packet) {
    return passes(number_of(packet.local), number_of(packet.remote)) &&
           !packets_.translated.contains(packet.remote);  // whoever moved has left that address
  };
}

ports::Endpoint DatagramNetwork::endpoint_of(std::uint32_t number) {
  ports::Endpoint at;
  at.address = {10, 1, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
  at.port = 4150;
  return at;
}

Multiaddr DatagramNetwork::address_of(std::uint32_t number) {
  const ports::Endpoint at = endpoint_of(number);
  return wire::quic_multiaddr({false, at.address, at.port, 0});
}

std::unique_ptr<PacketSocket> DatagramNetwork::bind(std::uint32_t number) {
  return std::make_unique<PacketSocket>(packets_, endpoint_of(number));
}

bool DatagramNetwork::passes(std::uint32_t from, std::uint32_t to) const {
  return !cuts_.contains({from, to}) && !isolated_.contains(from) && !isolated_.contains(to) &&
         side_of(from) == side_of(to);
}

void DatagramNetwork::set_cut_one_way(std::uint32_t from, std::uint32_t to, bool is_cut) {
  is_cut ? void(cuts_.insert({from, to})) : void(cuts_.erase({from, to}));
}

void DatagramNetwork::set_cut(std::uint32_t a, std::uint32_t b, bool is_cut) {
  set_cut_one_way(a, b, is_cut);
  set_cut_one_way(b, a, is_cut);
}

void DatagramNetwork::set_isolated(std::uint32_t number, bool is_isolated) {
  is_isolated ? void(isolated_.insert(number)) : void(isolated_.erase(number));
}

void DatagramNetwork::move(std::uint32_t number) {
  ports::Endpoint outer = endpoint_of(number);
  outer.address[1] = static_cast<std::uint8_t>(first_outer + moves_++ % outer_count);
  packets_.translated[endpoint_of(number)] = outer;
}

void ProcessSocket::on_receive(Receiver receiver) {
  receiver_ = std::move(receiver);
  socket_->on_receive([this](std::span<const ports::Datagram> batch) {
    if (!timers_.is_paused() && waiting_bytes_ == 0) return pass(batch);
    for (const ports::Datagram& datagram : batch) hold(datagram);
  });
}

void ProcessSocket::hold(const ports::Datagram& datagram) {
  if (waiting_bytes_ + datagram.payload.size() > buffer_max_bytes) return;
  waiting_bytes_ += datagram.payload.size();
  timers_.when_running([this, datagram, payload = Bytes::copy(datagram.payload)] {
    waiting_bytes_ -= payload.size();
    const ports::Datagram held{datagram.local, datagram.remote, payload.view(), 0, datagram.ecn};
    pass({&held, 1});
  });
}

void ProcessSocket::pass(std::span<const ports::Datagram> batch) {
  heard_at_ = world_.now().instant;
  receiver_(batch);
}

}  // namespace mycel::sim
