#pragma once
// What the three roles of a node share: the source, the witness and the target of operations. Each
// role is a machine of its own; Witnesses holds them and this desk, and speaks for all.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "foundation/base/counters.hpp"
#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/evidence.hpp"
#include "foundation/model/peer_id.hpp"
#include "foundation/model/request.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/dht/witness/equivocation.hpp"
#include "protocol/dht/witness/frozen_lists.hpp"
#include "protocol/dht/witness/key_cache.hpp"
#include "protocol/dht/witness/message.hpp"
#include "protocol/dht/witness/verify.hpp"

namespace mycel::dht::witness {

using CollectionId = Strong<struct WitnessCollectionTag, std::uint64_t>;
using SignId = Strong<struct WitnessSignTag, std::uint64_t>;
using CheckId = Strong<struct WitnessCheckTag, std::uint64_t>;

// What the caller is asked to do. Each answer comes back by the id.

enum class OwnKey : std::uint8_t { peer, attestation };
/// Sign `bytes` with that key of this node: on_signed().
struct Sign {
  SignId id;
  OwnKey key = OwnKey::peer;
  Bytes bytes;
};
/// Check all of these: on_checked().
struct Check {
  CheckId id;
  std::vector<SignatureCheck> checks;
};
/// Look the key up in the DHT and name the nearest nodes: on_candidates().
struct Search {
  CollectionId id;
  crypto::Digest key;
};
struct Send {
  RequestId id;
  PeerId to;
  Bytes body;
};
struct Answer {
  InboundId id;
  Bytes body;
};

/// Why an operation has no proof.
enum class Failure : std::uint8_t {
  target_silent,   ///< no challenge, or no verdict
  target_refused,  ///< the target said no: to the opening, or to the proof
  bad_challenge,   ///< not signed by the target
  too_few,         ///< fewer eligible nodes are known than make a quorum
  no_quorum,       ///< too few of them attested
  timeout,
  overloaded,  ///< too many operations of this node
};
inline constexpr std::size_t failure_count = 7;
std::string_view to_text(Failure failure);

/// A quorum attested, and the target agrees.
struct Collected {
  CollectionId id;
  Verified<Proof> proof;
};
struct CollectionFailed {
  CollectionId id;
  Failure failure = Failure::timeout;
  std::optional<Refusal> refusal;      ///< of the target
  std::vector<Refusal> words_refused;  ///< attestations that did not count
  std::vector<Refusal> rejections;     ///< what witnesses signed instead
};
/// A source proved an operation at this node.
struct Witnessed {
  Verified<Proof> proof;
};
using Event = std::variant<Collected, CollectionFailed, Witnessed, Evidence>;

struct Output {
  StoreBatch persist;
  Durability durability = Durability::buffered;
  std::vector<Sign> signs;  ///< of lists that may leave only when `persist` is on disk
  std::vector<Answer> answers;
  std::vector<InboundId> refusals;  ///< streams to be reset
  std::vector<Event> events;
  // These promise nothing and may leave before the disk answers.
  std::vector<Check> checks;
  std::vector<Search> searches;
  std::vector<Send> sends;

  void clear();
};

struct Counters {
  std::uint64_t requests = 0;
  std::uint64_t attested = 0;
  std::uint64_t challenged = 0;
  std::uint64_t collected = 0;
  std::uint64_t accepted = 0;
  std::uint64_t equivocations = 0;
  std::uint64_t streams_refused = 0;
  RefusalCounts rejected;              ///< requests and openings of peers
  RefusalCounts attestations_refused;  ///< in responses and proofs
  RefusalCounts proofs_refused;
  std::array<std::uint64_t, failure_count> collections_failed{};

  void each(const CounterVisitor& visit) const;
};

struct Config {
  PeerId self;  ///< an Ed25519 peer
  /// Of the `Entropy` port: this node's nonces are made of it.
  Nonce secret;
  /// This node's own, shown to those who do not know it.
  SignedKeyBundle key;
  Rules rules;
  std::size_t collections_max = 256;
  std::size_t serving_max = 256;  ///< peers' messages whose signatures are under way
  /// An honest source needs one draw for an operation; a witness signs in 0.3 ms.
  std::uint32_t burst = 16;
  Duration pause = 500ms;
};

/// What the node sees around it; the wiring answers from its other parts.
struct Surroundings {
  /// From the routing table, whoever asks: at most neighbours_max, nearest first.
  FrozenLists::Nearest nearest;
  std::function<std::uint64_t()> nodes;  ///< estimated_nodes()
  std::function<Observation(const PeerId&)> observed;
  std::function<bool(const PeerKey&)> is_convicted = {};  ///< none: nobody is
};

struct Desk {
  Config config;
  Surroundings around;
  PeerKey self;
  KeyCache keys;
  EquivocationWatch watch;
  Sequence<RequestId> request_ids;
  Sequence<SignId> sign_ids;
  Sequence<CheckId> check_ids;
  Counters counters;
  Output output;

  View view(Now now) const {
    return {.rules = config.rules,
            .now = now,
            .nodes = around.nodes(),
            .keys = keys,
            .is_convicted = around.is_convicted};
  }
  RequestId send(const PeerId& to, const Message& message);
  SignId sign(OwnKey key, const Bytes& bytes);
  CheckId check_signatures(std::vector<SignatureCheck> checks);
  /// A genuine word: its key is known from now on, and it must agree with what its signer said.
  void learn(Now now, const Verified<ProofPart>& part);
};

}  // namespace mycel::dht::witness
