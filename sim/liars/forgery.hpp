#pragma once
// What liars invent: peers, addresses, and records that nobody signed.

#include <cstddef>

#include "foundation/base/rng.hpp"

#include "protocol/dht/key.hpp"
#include "protocol/dht/message.hpp"

namespace mycel::sim {

Bytes random_bytes(std::size_t size, Rng& rng);
/// Somewhere in 10.255.0.0/16, where the simulated world has nobody.
Multiaddr invented_address(Rng& rng);
/// A peer that nobody is.
dht::Peer random_peer(Rng& rng);
/// ... and that is nearer to `target` than most who are somebody.
dht::Peer invented_peer(const dht::Key& target, Rng& rng);

/// A record that nobody published under `key`: one with a changed byte, cut short, made greater or
/// longer, from under another key, or plain noise. `honest` and `other` may be empty.
dht::Record forged_record(const Bytes& key, const Bytes& honest, const Bytes& other, Rng& rng);

}  // namespace mycel::sim
