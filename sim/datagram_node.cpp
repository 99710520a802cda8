#include "sim/datagram_node.hpp"

#include <string>
#include <utility>

#include "foundation/wire/key.hpp"

namespace mycel::sim {
namespace {

crypto::Ed25519PrivateKey peer_key(std::uint32_t number) {
  crypto::Ed25519PrivateKey::Seed seed;
  Rng(number).fork("datagram node").fill(seed);
  return crypto::Ed25519PrivateKey(seed);
}

std::string name_of(std::uint32_t number, std::uint32_t life) {
  return "datagram node " + std::to_string(number) + ", life " + std::to_string(life);
}

}  // namespace

PeerId DatagramNode::peer_of(std::uint32_t number) {
  return wire::peer_id_of(peer_key(number).public_key());
}

DatagramNode::DatagramNode(World& world, DatagramNetwork& network, const Node::Machine& machine,
                           std::uint32_t number, std::uint32_t life, NodeSetup setup)
    : DatagramNode(world, network, machine, number, std::move(setup),
                   world.fork(name_of(number, life))) {}

DatagramNode::DatagramNode(World& world, DatagramNetwork& network, const Node::Machine& machine,
                           std::uint32_t number, NodeSetup setup, Rng rng)
    : number_(number),
      timers_(world, machine.clock),
      entropy_(rng.fork("entropy")),
      socket_(world, timers_, network.bind(number)),
      transport_(quic::Config{}, peer_key(number), timers_, entropy_),
      store_(world, timers_, machine.disk, {}, rng.fork("disk")),
      names_(timers_),
      keys_(timers_, number) {
  transport_.add_socket(socket_);
  setup.self = peer_of(number);
  setup.cards.writer = setup.self;
  setup.seed = rng.fork("machines").next();
  wiring_ =
      std::make_unique<Wiring>(NodePorts{timers_, transport_, store_, names_, keys_, Log{}}, setup);
}

Result<void, ports::StoreError> DatagramNode::start() {
  return wiring_->start({DatagramNetwork::address_of(number_)});
}

void DatagramNode::stop() {
  transport_.close_all(0, "");
  store_.finish();
}

}  // namespace mycel::sim
