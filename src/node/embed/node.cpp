// The public calls: each asks the part that knows, and puts what it says into the words of
// mycel.hpp.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/wire/cid.hpp"
#include "foundation/wire/fault.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/multihash.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "protocol/agents/cards.hpp"
#include "protocol/agents/signed_card.hpp"
#include "protocol/connect/output.hpp"
#include "protocol/dht/dht.hpp"
#include "protocol/dht/verdict.hpp"

#include "node/daemon/daemon.hpp"
#include "node/embed/running_node.hpp"
#include "node/parts/cards_part.hpp"
#include "node/parts/dht_part.hpp"
#include "node/parts/part_ports.hpp"

#include "mycel/mycel.hpp"

namespace mycel {
namespace {

using daemon::Daemon;
using embed::Answer;

// Of the routing table, while somebody waits for peers.
constexpr Duration poll_interval = std::chrono::milliseconds(20);
constexpr std::size_t providers_max = 1000;

std::vector<std::string> in_words(const Addresses& addresses) {
  std::vector<std::string> texts;
  texts.reserve(addresses.size());
  for (const Multiaddr& address : addresses) texts.push_back(wire::to_text(address));
  return texts;
}

template <class T>
void fail(const Answer<T>& answer, const parts::Refusal& why) {
  answer.fail(why.reason, why.text);
}

/// The look-up did not end as was hoped for.
template <class T>
void fail(const Answer<T>& answer, const dht::LookupDone& done, const std::string& what) {
  if (const auto* refused = std::get_if<dht::Refused>(&done.result)) {
    const std::string reason(to_text(refused->reason));
    return answer.fail(reason, what + " is refused by this node's rules: " + reason);
  }
  if (std::holds_alternative<dht::Overloaded>(done.result))
    return answer.fail("overloaded", "too many look-ups are under way; try again in a moment");
  answer.fail("not_found", what + " was not found; asked " + std::to_string(done.facts.asked) +
                               " nodes, " + std::to_string(done.facts.answered) + " answered");
}

std::optional<Bytes> multihash_in(const std::string& cid) {
  const auto parsed = wire::parse_cid(cid);
  if (!parsed) return std::nullopt;
  return wire::encode(parsed->hash);
}
template <class T>
Outcome<T> no_cid(const std::string& text) {
  return Outcome<T>::failed("bad_input",
                            "\"" + text + "\" is no content id; write a CID such as bafkrei...");
}

std::string cid_of_own_card(const Daemon& node, const std::string& did) {
  for (const agents::OwnCard& own : node.wiring().cards().cards().list())
    if (own.did == did && own.cid) return wire::to_text(*own.cid);
  return {};
}

/// Answers a publication or a revocation.
parts::Then<agents::Published> tell_published(const Daemon& node,
                                              const Answer<PublishedCard>& answer) {
  return [&node, answer](const Result<agents::Published, parts::Refusal>& result) {
    if (!result) return fail(answer, result.error());
    answer(Outcome<PublishedCard>::of(
        {.did = result->did,
         .cid = result->is_revocation ? std::string() : cid_of_own_card(node, result->did),
         .sequence = result->sequence,
         .stored = result->stored}));
  };
}

/// Answers with the number of nodes that took something.
parts::DhtPart::OnLookup tell_stored(const std::string& what, const Answer<std::size_t>& answer) {
  return [what, answer](const dht::LookupDone& done) {
    if (const auto* stored = std::get_if<dht::Stored>(&done.result))
      return answer(Outcome<std::size_t>::of(stored->count));
    fail(answer, done, what);
  };
}

void await_peers(Daemon& node, std::size_t count, Instant end, const Answer<std::size_t>& answer) {
  const std::size_t size = node.wiring().dht().dht().table().size();
  if (size >= count) return answer(Outcome<std::size_t>::of(size));
  const Instant now = node.loop().now().instant;
  if (now >= end)
    return answer.fail("timeout", "the routing table holds " + std::to_string(size) +
                                      " peers, not " + std::to_string(count));
  node.loop().call_at(now + poll_interval,
                      [&node, count, end, answer] { await_peers(node, count, end, answer); });
}

}  // namespace

Node::Node(const NodeOptions& options) : node_(std::make_unique<embed::RunningNode>(options)) {}
Node::~Node() = default;

const std::string& Node::error() const {
  return node_->error();
}
const std::string& Node::peer() const {
  return node_->peer();
}
void Node::stop() {
  node_->stop();
}

std::vector<std::string> Node::addresses() const {
  using Words = std::vector<std::string>;
  const auto told = node_->ask<Words>([](const Daemon& node, const Answer<Words>& answer) {
    answer(Outcome<Words>::of(in_words(node.addresses_with_peer())));
  });
  return told ? *told : Words{};
}

Outcome<std::string> Node::connect(const std::string& address) {
  const auto parsed = wire::parse_multiaddr(address);
  if (!parsed)
    return Outcome<std::string>::failed(
        "bad_input",
        "\"" + address + "\" is no multiaddr (" + std::string(wire::to_text(parsed.error())) +
            "); write /ip4/ADDRESS/udp/PORT/quic-v1, with /p2p/PEER to insist on a peer");
  return node_->ask<std::string>([to = *parsed](Daemon& node, const Answer<std::string>& answer) {
    node.wiring().connections().connect(
        to, [answer](const Result<connect::PeerConnected, parts::Refusal>& result) {
          if (!result) return fail(answer, result.error());
          answer(Outcome<std::string>::of(wire::to_text(result->peer)));
        });
  });
}

Outcome<std::vector<std::string>> Node::peers() const {
  using Peers = std::vector<std::string>;
  return node_->ask<Peers>([](const Daemon& node, const Answer<Peers>& answer) {
    Peers peers;
    for (const auto& status : node.wiring().connections().connector().connections())
      peers.push_back(wire::to_text(status.peer));
    std::ranges::sort(peers);  // a peer may have two connections for a moment
    peers.erase(std::ranges::unique(peers).begin(), peers.end());
    answer(Outcome<Peers>::of(std::move(peers)));
  });
}

Outcome<std::size_t> Node::wait_for_peers(std::size_t count,
                                          std::chrono::milliseconds patience) const {
  // The node itself says better what it lacked, so it gets the time to.
  constexpr std::chrono::milliseconds reserve = std::chrono::seconds(1);
  return node_->ask_for<std::size_t>(
      patience + reserve, [count, patience](Daemon& node, const Answer<std::size_t>& answer) {
        await_peers(node, count, node.loop().now().instant + patience, answer);
      });
}

Outcome<PublishedCard> Node::publish_card(const std::string& json) {
  return node_->ask<PublishedCard>([json](Daemon& node, const Answer<PublishedCard>& answer) {
    node.wiring().cards().publish(json, tell_published(node, answer));
  });
}

Outcome<PublishedCard> Node::revoke_card(const std::string& did) {
  return node_->ask<PublishedCard>([did](Daemon& node, const Answer<PublishedCard>& answer) {
    node.wiring().cards().revoke(did, tell_published(node, answer));
  });
}

Outcome<ResolvedCard> Node::resolve_card(const std::string& did) {
  return node_->ask<ResolvedCard>([did](Daemon& node, const Answer<ResolvedCard>& answer) {
    node.wiring().cards().resolve(
        did, [did, answer](const Result<parts::CardFound, parts::Refusal>& found) {
          if (!found) return fail(answer, found.error());
          const agents::CardPayload& payload = found->card.payload();
          answer(Outcome<ResolvedCard>::of({.did = did,
                                            .cid = wire::to_text(found->card.cid()),
                                            .document = std::string(as_text(payload.document)),
                                            .sequence = payload.sequence,
                                            .from = wire::to_text(found->from)}));
        });
  });
}

Outcome<std::size_t> Node::put_record(const std::string& key, const std::string& value) {
  return node_->ask<std::size_t>([key, value](Daemon& node, const Answer<std::size_t>& answer) {
    node.wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.put(now, Bytes::copy(key), Bytes::copy(value)); },
        tell_stored("a value under " + key, answer));
  });
}

Outcome<std::string> Node::get_record(const std::string& key) {
  return node_->ask<std::string>([key](Daemon& node, const Answer<std::string>& answer) {
    node.wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.get(now, Bytes::copy(key)); },
        [key, answer](const dht::LookupDone& done) {
          if (const auto* found = std::get_if<dht::Value>(&done.result))
            return answer(Outcome<std::string>::of(std::string(as_text(found->value))));
          fail(answer, done, key);
        });
  });
}

Outcome<std::size_t> Node::provide(const std::string& cid) {
  const auto key = multihash_in(cid);
  if (!key) return no_cid<std::size_t>(cid);
  return node_->ask<std::size_t>(
      [key = *key, cid](Daemon& node, const Answer<std::size_t>& answer) {
        node.wiring().dht().look_up([&](dht::Dht& dht, Now now) { return dht.provide(now, key); },
                                    tell_stored(cid, answer));
      });
}

Outcome<std::vector<Provider>> Node::find_providers(const std::string& cid, std::size_t count) {
  using Providers = std::vector<Provider>;
  const auto key = multihash_in(cid);
  if (!key) return no_cid<Providers>(cid);
  return node_->ask<Providers>(
      [key = *key, cid, count_max = std::clamp(count, std::size_t{1}, providers_max)](
          Daemon& node, const Answer<Providers>& answer) {
        node.wiring().dht().look_up(
            [&](dht::Dht& dht, Now now) { return dht.find_providers(now, key, count_max); },
            [cid, answer](const dht::LookupDone& done) {
              const auto* found = std::get_if<dht::Providers>(&done.result);
              if (found == nullptr || found->providers.empty())
                return fail(answer, done, "a provider of " + cid);
              Providers providers;
              for (const PeerInfo& peer : found->providers)
                providers.push_back({wire::to_text(peer.id), in_words(peer.addresses)});
              answer(Outcome<Providers>::of(std::move(providers)));
            });
      });
}

}  // namespace mycel
