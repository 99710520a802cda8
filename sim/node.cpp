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

std::string name_of(std::string_view what, std::uint32_t number, std::uint32_t life) {
  return std::string(what) + std::to_string(number) + "." + std::to_string(life);
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

// Every life draws anew: a node that came back with the numbers of its last life would meet, on its
// old disk and at its old peers, what it has drawn before.
Node::Node(World& world, Network& network, const Machine& machine, std::uint32_t number,
           std::uint32_t whose, std::uint32_t life, NodeSetup setup)
    : world_(world),
      number_(number),
      timers_(world, machine.clock),
      transport_(network.attach(number, peer_of_number(whose))),
      store_(world, timers_, machine.disk, {}, world.fork(name_of("disk", number, life))),
      names_(timers_),
      keys_(timers_, whose),
      signatures_(timers_, peer_of_number(whose)) {
  setup.self = peer_of_number(whose);
  setup.cards.writer = setup.self;
  setup.seed = world.fork(name_of("node", number, life)).next();
  wiring_ = std::make_unique<Wiring>(
      NodePorts{timers_, *transport_, store_, names_, keys_, Log{}, &signatures_}, setup);
  wiring_->on_event = [this](std::string_view event, const PeerId& peer) {
    world_.note(event_fact);
    world_.fingerprint().fold(number_);
    world_.fingerprint().fold(event);
    world_.fingerprint().fold(peer.view());
    if (on_event) on_event(event, peer);
  };
}

void Node::stop() {
  transport_->close_all();
  store_.finish();
}

void Node::start() {
  const auto started = wiring_->start({transport_->address()});
  check(static_cast<bool>(started), "the simulated disk can be read");
}

}  // namespace mycel::sim
