#include "sim/node.hpp"

#include <array>
#include <utility>

#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"

namespace mycel::sim {
namespace {

constexpr std::uint64_t event_fact = 32;

crypto::Ed25519PrivateKey::Seed seed_of(std::uint32_t number, std::string_view name) {
  crypto::Ed25519PrivateKey::Seed seed;
  Rng(number).fork(name).fill(seed);
  return seed;
}

}  // namespace

// The id of a key that nobody needs: no handshake is made here.
PeerId peer_of_number(std::uint32_t number) {
  crypto::Ed25519PublicKey key;
  Rng(number).fork("peer").fill(key.bytes);
  return wire::peer_id_of(key);
}

Result<std::string, std::string> NumberedKeys::did_of(const std::string& key) {
  return wire::to_did(key_of(key).public_key());
}

void NumberedKeys::sign(const std::string& key, const Bytes& bytes, Signed then) {
  timers_.call_at(timers_.now().instant + 100us, [this, key, bytes, then = std::move(then)] {
    then(Bytes::copy(key_of(key).sign(bytes).view()));
  });
}

crypto::Ed25519PrivateKey NumberedKeys::key_of(const std::string& key) const {
  return crypto::Ed25519PrivateKey(seed_of(number_, key));
}

void NoNames::resolve(const Multiaddr&, Resolved then) {
  timers_.call_at(timers_.now().instant, [then = std::move(then)] {
    then(Err{ports::NameError{"there are no names in the simulated world"}});
  });
}

Node::Node(World& world, Network& network, Disk& disk, std::uint32_t number, NodeSetup setup)
    : world_(world),
      number_(number),
      timers_(world),
      transport_(network.attach(number, peer_of_number(number))),
      store_(world, disk, {}, world.fork("disk" + std::to_string(number))),
      names_(timers_),
      keys_(timers_, number) {
  setup.self = peer_of_number(number);
  setup.cards.writer = setup.self;
  setup.seed = world.fork("node" + std::to_string(number)).next();
  wiring_ = std::make_unique<Wiring>(NodePorts{timers_, *transport_, store_, names_, keys_, Log{}},
                                     std::move(setup));
  wiring_->on_event = [this](std::string_view event, const PeerId& peer) {
    world_.note(event_fact);
    world_.fingerprint().fold(number_);
    world_.fingerprint().fold(event);
    world_.fingerprint().fold(peer.view());
  };
}

void Node::start() {
  const auto started = wiring_->start({transport_->address()});
  check(static_cast<bool>(started), "the simulated disk can be read");
}

}  // namespace mycel::sim
