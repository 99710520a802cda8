#include "sim/network.hpp"

#include <utility>

namespace mycel::sim {

Network::Network(World& world, NetworkConfig config)
    : limits_{.window_bytes = static_cast<std::uint32_t>(config.stream_window_bytes),
              .open_max = static_cast<std::uint32_t>(config.streams_max)},
      carrier_(world,
               {.handshake_timeout = config.handshake_timeout, .idle_timeout = config.idle_timeout},
               {.latency_min = config.latency_min,
                .latency_max = config.latency_max,
                .topology = config.topology}) {}

std::unique_ptr<VirtualLinks> Network::attach(std::uint32_t number, const PeerId& peer) {
  return std::make_unique<VirtualLinks>(carrier_, limits_, number, peer);
}

void Network::set_cut(std::uint32_t a, std::uint32_t b, bool is_cut) {
  carrier_.cuts().set_one_way(a, b, is_cut);
  carrier_.cuts().set_one_way(b, a, is_cut);
  carrier_.on_cut_changed(a, b);
}

void Network::set_cut_one_way(std::uint32_t from, std::uint32_t to, bool is_cut) {
  carrier_.cuts().set_one_way(from, to, is_cut);
  carrier_.on_cut_changed(from, to);
}

void Network::set_isolated(std::uint32_t number, bool is_isolated) {
  carrier_.cuts().set_isolated(number, is_isolated);
  carrier_.on_cuts_changed(number);
}

void Network::set_split(std::vector<bool> side) {
  carrier_.cuts().set_split(std::move(side));
  carrier_.on_cuts_changed();
}

void Network::set_stalled(std::uint32_t a, std::uint32_t b, bool is_stalled) {
  carrier_.cuts().set_stalled(a, b, is_stalled);
  carrier_.on_cut_changed(a, b);
}

void Network::set_paused(std::uint32_t number, bool is_paused) {
  carrier_.cuts().set_paused(number, is_paused);
  carrier_.on_cuts_changed(number);
}

void Network::set_rate(std::uint32_t a, std::uint32_t b, std::uint64_t bytes_per_s) {
  carrier_.delays().set_rate(a, b, bytes_per_s);
}

std::size_t Network::reset_between(std::uint32_t a, std::uint32_t b) {
  return carrier_.break_between(a, b);
}

Multiaddr Network::move(std::uint32_t number) {
  Seat& seat = carrier_.seats().at(number);
  seat.moves = static_cast<std::uint8_t>((seat.moves + 1) % Place::moves_max);
  if (seat.nat) *seat.nat = Nat(seat.nat->kind());  // another router, which knows nothing yet
  carrier_.on_moved(number);
  return address(number);
}

void Network::set_nat(std::uint32_t number, std::optional<NatKind> kind) {
  Seat& seat = carrier_.seats().at(number);
  seat.nat = kind ? std::make_unique<Nat>(*kind) : nullptr;
}

}  // namespace mycel::sim
