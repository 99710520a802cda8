#pragma once
// Where peers may be reached, as far as anybody said. Hearsay until a dial succeeds: each address
// has a source and a time until which it is worth keeping, and that time alone decides what is
// forgotten first when the book is full.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "foundation/base/deadlines.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::connect {

/// Who says that a peer has an address; the later ones are believed more.
enum class Source : std::uint8_t {
  learned,        ///< another peer said so: a DHT answer
  identified,     ///< the peer itself said so, over its connection
  signed_record,  ///< the peer signed it
  cached,         ///< it answered in an earlier life of this node
  connected,      ///< it answers, or answered, in this life
  configured,     ///< a person said so
};

/// Lower-case words for people: "signed_record".
std::string_view to_text(Source source);

/// One address of one peer, as the book knows it.
struct KnownAddress {
  Multiaddr address;  ///< without /p2p
  Source source = Source::learned;
  Instant expires{};                ///< `never` for what a person configured
  std::optional<Instant> answered;  ///< the last success, unless it failed since
  std::uint32_t failures = 0;       ///< in a row
  Instant retry_at{};               ///< in its own back-off until then
};

struct AddressBookConfig {
  std::size_t peers_max = 8192;  ///< beside those that are held
  std::size_t addresses_per_peer_max = 16;
  /// No useful address is longer: a DNS name has at most 253 bytes.
  std::size_t address_size_max_bytes = 320;
  Duration learned_for = 30min;
  Duration identified_for = 1h;
  Duration answered_for = 2h;
  /// A failed address that nobody vouches for is kept this long, so that hearing of it again does
  /// not clear its back-off.
  Duration failed_for = 10min;
};

/// Bounded: at most `peers_max` peers, and those that are held, of `addresses_per_peer_max`
/// addresses. When full, what expires first makes room, and what was just added is never what goes.
class AddressBook {
 public:
  explicit AddressBook(AddressBookConfig config = {}) : config_(config) {}
  // Not copied: the line of those that expire points into the map.
  AddressBook(AddressBook&&) = default;
  AddressBook& operator=(AddressBook&&) = default;

  /// Notes addresses of a peer. Kept are those that could be dialled or resolved: QUIC v1 and DNS
  /// names. One that names another peer is dropped, as is one over the size limit. Returns how many
  /// were not known before.
  std::size_t add(Instant now, const PeerId& peer, std::span<const Multiaddr> addresses,
                  Source source);

  /// The peer was reached there. Clears the address's failures.
  void on_answered(Instant now, const PeerId& peer, const Multiaddr& address);
  /// A dial failed; the address rests until `retry_at`.
  void on_failed(Instant now, const PeerId& peer, const Multiaddr& address, Instant retry_at);
  /// Somebody else lives there.
  void forget(const PeerId& peer, const Multiaddr& address);

  /// A held peer keeps its addresses: somebody is connected to it. The caller holds no more peers
  /// than it has connections.
  void hold(Instant now, const PeerId& peer, bool is_held);

  /// What is known and not expired, in no useful order: see dial_ranking.hpp.
  std::vector<KnownAddress> addresses_of(Instant now, const PeerId& peer) const;
  std::optional<KnownAddress> find(const PeerId& peer, const Multiaddr& address) const;
  std::size_t size() const { return peers_.size(); }

 private:
  struct Entry {
    std::vector<KnownAddress> addresses;
    bool is_held = false;
    Instant expires{};  // when its last address does
    DeadlineId place;   // in by_expiry_, unless it is held
  };
  using Peers = std::map<PeerId, Entry>;

  bool add_one(Instant now, Entry& entry, Multiaddr address, Source source);
  void make_room(Instant now);
  void drop_first();
  void drop_expired(Instant now, Entry& entry) const;
  void reindex(Peers::iterator peer);
  Instant lifetime_end(Instant now, Source source) const;
  KnownAddress* known(const PeerId& peer, const Multiaddr& address);

  AddressBookConfig config_;
  Peers peers_;
  Deadlines<Peers::iterator> by_expiry_;  // of those that are not held
};

/// `address` as the book keeps it: without the peer's own /p2p. None if it names another peer, or
/// leads nowhere that this node can dial.
std::optional<Multiaddr> dialable(const PeerId& peer, const Multiaddr& address);

}  // namespace mycel::connect
