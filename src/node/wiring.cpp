#include "node/wiring.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "foundation/wire/content.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "protocol/agents/shared_record.hpp"
#include "protocol/agents/signed_card.hpp"

namespace mycel {
namespace {

constexpr std::size_t remembered_peers_tried = 16;
constexpr Duration refusal_line_every = 1s;
constexpr std::size_t card_quorum = 5;  // replicas that must agree which card is the newest

dht::Verdict verdict_of(agents::Refusal refusal) {
  switch (refusal) {
    case agents::Refusal::wrong_did:
      return dht::Verdict::wrong_key;
    case agents::Refusal::bad_signature:
      return dht::Verdict::bad_signature;
    case agents::Refusal::content_hash_mismatch:
      return dht::Verdict::content_hash_mismatch;
    case agents::Refusal::broken_chain:
    case agents::Refusal::older_than_known:
      return dht::Verdict::broken_chain;
    case agents::Refusal::expired:
    case agents::Refusal::revoked:
      return dht::Verdict::expired;
    case agents::Refusal::not_yet_valid:
      return dht::Verdict::from_future;
    case agents::Refusal::too_large:
      return dht::Verdict::too_large;
    case agents::Refusal::malformed:
      return dht::Verdict::malformed;
  }
  return dht::Verdict::malformed;
}

dht::Namespace cards_namespace() {
  return {.prefix = std::string(agents::card_namespace),
          .validate =
              [](ByteView key, ByteView value, UnixTime now) {
                const auto judged = agents::validate(key, value, now);
                return judged ? dht::Verdict::valid : verdict_of(judged.error().reason);
              },
          .better = [](ByteView, ByteView a, ByteView b) { return agents::compare_values(a, b); }};
}

dht::Verdict verdict_of(wire::PartRefusal refusal) {
  switch (refusal) {
    case wire::PartRefusal::too_large:
      return dht::Verdict::too_large;
    case wire::PartRefusal::wrong_content:
    case wire::PartRefusal::wrong_place:
      return dht::Verdict::wrong_key;
    case wire::PartRefusal::bad_proof:
      return dht::Verdict::bad_proof;
    case wire::PartRefusal::malformed:
      return dht::Verdict::malformed;
  }
  return dht::Verdict::malformed;
}

// A key names one part, and the hashes leave it one value: nothing is ever better.
dht::Namespace parts_namespace() {
  return {.prefix = std::string(wire::part_namespace),
          .validate =
              [](ByteView key, ByteView value, UnixTime) {
                const auto judged = wire::validate_part(key, value);
                return judged ? dht::Verdict::valid : verdict_of(judged.error());
              },
          .better = [](ByteView, ByteView, ByteView) { return 0; }};
}

dht::Verdict verdict_of(agents::SharedRefusal refusal) {
  switch (refusal) {
    case agents::SharedRefusal::malformed:
      return dht::Verdict::malformed;
    case agents::SharedRefusal::unknown_version:
      return dht::Verdict::unknown_version;
    case agents::SharedRefusal::bad_signature:
      return dht::Verdict::bad_signature;
    case agents::SharedRefusal::wrong_key:
      return dht::Verdict::wrong_key;
    case agents::SharedRefusal::not_a_writer:
      return dht::Verdict::not_a_writer;
    case agents::SharedRefusal::too_large:
      return dht::Verdict::too_large;
  }
  return dht::Verdict::malformed;
}

dht::Namespace shared_records_namespace() {
  return {.prefix = std::string(agents::shared_namespace),
          .validate =
              [](ByteView key, ByteView value, UnixTime) {
                const auto record = agents::prove_shared(key, value);
                return record ? dht::Verdict::valid : verdict_of(record.error());
              },
          .better = {},
          .merge = [](ByteView, ByteView a, ByteView b) { return agents::merge_shared(a, b); }};
}

}  // namespace

Wiring::Wiring(NodePorts ports, const NodeSetup& setup)
    : ports_(ports),
      self_(setup.self),
      join_(setup.join),
      announce_(setup.announce),
      seal_peer_record_(setup.seal_peer_record),
      events_(ports.timers),
      connect_(part_ports(), setup.connect, setup.self, Rng(setup.seed).fork("connect"),
               [this](const auto& event) { on_connect_event(event); }),
      switch_(ports.links, ports.timers, connect_),
      identify_(part_ports(), setup.identify, setup.self, Rng(setup.seed).fork("identify"), switch_,
                connect_, [this](const auto& event) { on_identify_event(event); }),
      ping_(part_ports(), setup.ping, Rng(setup.seed).fork("ping"), switch_, connect_,
            [this](const auto& event) { on_ping_event(event); }),
      dht_(
          part_ports(), dht_setup(setup), setup.self, Rng(setup.seed).fork("dht"), switch_,
          connect_, [this](const auto& event) { on_dht_event(event); },
          [this](const PeerInfo& peer) { connect_.add_addresses(peer, connect::Source::learned); }),
      cards_(part_ports(), setup.cards, Rng(setup.seed).fork("cards"), ports.agent_keys,
             {.put =
                  [this](const Bytes& key, const Bytes& value, auto then) {
                    dht_.look_up([&](dht::Dht& dht, Now now) { return dht.put(now, key, value); },
                                 std::move(then));
                  },
              .get =
                  [this](const Bytes& key, const parts::CardSearch& how, auto then) {
                    const dht::GetOptions options{.quorum = card_quorum,
                                                  .may_be_cached = how.may_be_cached,
                                                  .is_explained = how.is_explained};
                    dht_.look_up([&](dht::Dht& dht, Now now) { return dht.get(now, key, options); },
                                 std::move(then));
                  }},
             [this](const auto& event) { on_cards_event(event); }),
      shared_(part_ports(), ports.agent_keys,
              {.put =
                   [this](const Bytes& key, const Bytes& value, auto then) {
                     dht_.look_up([&](dht::Dht& dht, Now now) { return dht.put(now, key, value); },
                                  std::move(then));
                   },
               .get =
                   [this](const Bytes& key, bool may_be_cached, auto then) {
                     // Of values that merge, more than one are all who should hold it.
                     const dht::GetOptions options{.quorum = 2, .may_be_cached = may_be_cached};
                     dht_.look_up(
                         [&](dht::Dht& dht, Now now) { return dht.get(now, key, options); },
                         std::move(then));
                   }}),
      trust_(make_trust(setup)),
      witness_(make_witness(setup)),
      cross_check_(make_cross_check(setup)) {
  if (setup.hello)
    hello_.emplace(part_ports(), *setup.hello, setup.self, switch_, connect_,
                   [this](const auto& event) { on_hello_event(event); });
}

Result<void, ports::StoreError> Wiring::start(const Addresses& listening) {
  listening_ = listening;
  connect_.set_listening(listening_);
  tell_addresses();
  for (const auto& load : {connect_.load(), dht_.load(), cards_.load()})
    if (!load) return load;
  if (witness_) {
    if (const auto load = trust_->load(); !load) return load;
    if (const auto load = witness_->load(); !load) return load;
  }
  cards_.start();
  dht_.bootstrap();
  if (cross_check_) cross_check_->start();
  return {};
}

// Edges: what a part reports, and who hears it.

void Wiring::on_connect_event(const connect::Event& event) {
  if (const auto* connected = std::get_if<connect::PeerConnected>(&event)) {
    tell("connected", connected->peer);
    on_reachable(connected->peer, connected->connection, connected->remote);
    ping_.on_peer_connected(connected->peer);
  } else if (const auto* replaced = std::get_if<connect::ConnectionReplaced>(&event)) {
    on_reachable(replaced->peer, replaced->connection, replaced->remote);
  } else if (const auto* gone = std::get_if<connect::PeerDisconnected>(&event)) {
    tell("disconnected", gone->peer);
    identify_.on_peer_disconnected(gone->peer);
    ping_.on_peer_disconnected(gone->peer);
    dht_.on_peer_gone(gone->peer);
    if (trust_) trust_->on_peer_gone(gone->peer);
  } else if (const auto* unreachable = std::get_if<connect::Unreachable>(&event)) {
    tell("unreachable", unreachable->peer);
    on_unreachable(unreachable->peer);
  }
}

// A peer is told to the DHT once it is known what it speaks and that it may be spoken to.
void Wiring::on_hello_event(const session::HelloEvent& event) {
  if (const auto* welcomed = std::get_if<session::Welcomed>(&event)) {
    tell("welcomed", welcomed->peer);
    const auto identity = identify_.identify().identity_of(welcomed->peer);
    if (identity) let_in(welcomed->peer, *identity);
  } else if (const auto* refused = std::get_if<session::Refused>(&event)) {
    tell("refused", refused->peer);
    log_refusal(*refused);
  }
}

// A peer can have itself refused as often as it likes; the counters know how often it was.
void Wiring::log_refusal(const session::Refused& refused) {
  const Instant now = ports_.timers.now().instant;
  if (now < next_refusal_line_) return;
  next_refusal_line_ = now + refusal_line_every;
  ports_.log.info(refused.is_by_peer ? "a peer refused this node" : "a peer was refused",
                  {{"peer", wire::to_text(refused.peer)},
                   {"reason", to_text(refused.reason)},
                   {"why", refused.text}});
}

void Wiring::on_identify_event(const session::IdentifyEvent& event) {
  if (const auto* known = std::get_if<session::Identified>(&event)) {
    tell("identified", known->peer);
    const auto source = known->identity.are_addresses_signed ? connect::Source::signed_record
                                                             : connect::Source::identified;
    connect_.add_addresses({known->peer, known->identity.addresses}, source);
    let_in(known->peer, known->identity);
  } else if (const auto* updated = std::get_if<session::Updated>(&event)) {
    connect_.add_addresses({updated->peer, updated->identity.addresses},
                           connect::Source::identified);
    let_in(updated->peer, updated->identity);
  } else if (const auto* silent = std::get_if<session::Unidentified>(&event)) {
    ports_.log.info("a peer does not say who it is",
                    {{"peer", wire::to_text(silent->peer)}, {"why", to_text(silent->failure)}});
  } else {
    tell_addresses();  // where others see us has changed
  }
}

// A peer that no longer answers is as good as gone: its connection makes room for a new one.
void Wiring::on_ping_event(const session::PingEvent& event) {
  const auto* silent = std::get_if<session::PeerSilent>(&event);
  if (silent == nullptr) return;
  tell("silent", silent->peer);
  connect_.disconnect(silent->peer);
}

void Wiring::on_dht_event(const dht::Event& event) {
  if (std::holds_alternative<dht::EntryWanted>(event)) {
    tell("alone", self_);
    enter();
  } else if (std::holds_alternative<dht::TableChanged>(event)) {
    tell("table changed", self_);
  } else if (std::holds_alternative<dht::LookupDone>(event)) {
    tell("looked up", self_);
  } else if (const auto* joined = std::get_if<dht::Joined>(&event)) {
    tell("joined", self_);
    ports_.log.info("joined the mesh", {{"table", joined->table_size}});
  }
}

void Wiring::on_cards_event(const agents::Event& event) {
  tell("card", self_);
  // What was found, perhaps in the cache of the DHT, is known to be out of date.
  if (const auto* refused = std::get_if<agents::ResolveRefused>(&event);
      refused != nullptr && refused->why.reason == agents::Refusal::older_than_known)
    dht_.on_announced(agents::card_key(refused->did));
  if (const auto* forked = std::get_if<agents::Forked>(&event))
    ports_.log.warn("a card's key signed two histories", {{"did", forked->did}});
}

// What the edges need.

void Wiring::on_reachable(const PeerId& peer, ConnectionId connection, const Multiaddr& remote) {
  identify_.on_peer_connected(connection, peer, remote);
  ping_.requests().on_reachable(peer, connection);
  dht_.requests().on_reachable(peer, connection);
  if (trust_) trust_->requests().on_reachable(peer, connection);
  if (witness_) witness_->on_reachable(peer, connection);
}

void Wiring::on_unreachable(const PeerId& peer) {
  ping_.requests().on_unreachable(peer);
  dht_.requests().on_unreachable(peer);
  if (trust_) trust_->requests().on_unreachable(peer);
  if (witness_) witness_->on_unreachable(peer);
}

void Wiring::let_in(const PeerId& peer, const session::Identity& identity) {
  if (!is_let_in(peer)) return;
  if (trust_ &&
      std::ranges::find(identity.protocols, trust::trust_protocol) != identity.protocols.end())
    trust_->on_peer(peer);
  dht_.on_peer({peer, identity.addresses}, identity.protocols);
}

// May it be asked for more than who it is?
bool Wiring::is_let_in(const PeerId& peer) const {
  if (!hello_) return true;
  const auto connection = connect_.connector().connection_of(peer);
  const auto* session = connection ? hello_->machine().session(*connection) : nullptr;
  return session != nullptr && session->standing != session::Standing::unknown &&
         !session->is_limited;
}

bool Wiring::is_member(const PeerId& peer) const {
  const auto connection = hello_ ? connect_.connector().connection_of(peer) : std::nullopt;
  const auto* session = connection ? hello_->machine().session(*connection) : nullptr;
  return session != nullptr && session->standing == session::Standing::member;
}

void Wiring::when_settled(ConnectionId connection, parts::Then<session::Standing> then) {
  if (hello_) return hello_->when_settled(connection, std::move(then));
  events_.post([then = std::move(then)] { then(session::Standing::stranger); });
}

// The doors into the mesh: what a person named, and whom this node met before.
void Wiring::enter() {
  const auto told = [this](const std::string& door) {
    return [this, door](const Result<connect::PeerConnected, parts::Refusal>& result) {
      if (!result) ports_.log.info("no entry here", {{"door", door}, {"why", result.error().text}});
    };
  };
  for (const Multiaddr& address : join_) connect_.connect(address, told(wire::to_text(address)));
  for (const PeerInfo& peer : connect_.remembered(remembered_peers_tried))
    if (!connect_.connector().is_dialling(peer.id))
      connect_.connect(peer.id, told(wire::to_text(peer.id)));
}

void Wiring::reach(const PeerId& peer, const parts::Then<connect::PeerConnected>& then) {
  connect_.connect(peer,
                   [this, peer, then](const Result<connect::PeerConnected, parts::Refusal>& first) {
                     if (first) return then(first);
                     dht_.look_up([&](dht::Dht& dht, Now now) { return dht.find_peer(now, peer); },
                                  [this, peer, then, first](const dht::LookupDone& done) {
                                    const auto* found = std::get_if<dht::PeerFound>(&done.result);
                                    if (found == nullptr) return then(first);
                                    connect_.add_addresses(found->peer, connect::Source::learned);
                                    connect_.connect(peer, then);
                                  });
                   });
}

void Wiring::put_unchecked(const Bytes& key, const Bytes& value,
                           std::function<void(const dht::Stored&)> then) {
  dht_.look_up(
      [&](dht::Dht& dht, Now now) { return dht.find_nearest(now, key); },
      [this, key, value, then = std::move(then)](const dht::LookupDone& done) {
        const auto* found = std::get_if<dht::Peers>(&done.result);
        if (found == nullptr || found->nearest.empty()) return then({});
        struct Tally {
          dht::Stored stored;
          std::size_t waiting = 0;
        };
        const auto tally = std::make_shared<Tally>();
        tally->waiting = found->nearest.size();
        tally->stored.of = static_cast<std::uint32_t>(found->nearest.size());
        dht::Message put{.type = dht::MessageType::put_value, .key = key};
        put.record = dht::Record{.key = key, .value = value};
        for (const PeerInfo& peer : found->nearest) {
          connect_.add_addresses(peer, connect::Source::learned);
          dht_.send(peer.id, put, [tally, value, then](const std::optional<dht::Message>& answer) {
            const bool is_taken = answer && answer->record && answer->record->value == value;
            tally->stored.count += is_taken ? 1 : 0;
            if (--tally->waiting == 0) then(tally->stored);
          });
        }
      });
}

void Wiring::tell_addresses() {
  addresses_ = announce_.empty() ? listening_ : announce_;
  if (announce_.empty()) {
    for (const Multiaddr& seen : identify_.identify().observed_addresses())
      if (std::ranges::find(addresses_, seen) == addresses_.end()) addresses_.push_back(seen);
  }
  const Bytes record =
      seal_peer_record_ ? seal_peer_record_(addresses_, ports_.timers.now().unix) : Bytes{};
  identify_.set_local(addresses_, switch_.protocols(), record);
  dht_.set_local_addresses(addresses_);
}

void Wiring::tell(std::string_view event, const PeerId& peer) {
  if (on_event) on_event(event, peer);
}

parts::PartPorts Wiring::part_ports() {
  return {.timers = ports_.timers,
          .links = ports_.links,
          .names = ports_.names,
          .driver = {.timers = ports_.timers,
                     .store = ports_.store,
                     .on_store_failure =
                         [this](const ports::StoreError& error) {
                           if (!store_failure_)
                             ports_.log.error("the store failed", {{"why", error.text}});
                           store_failure_ = error.text;
                         }},
          .events = events_,
          .log = ports_.log};
}

parts::DhtSetup Wiring::dht_setup(const NodeSetup& setup) {
  parts::DhtSetup dht = setup.dht;
  dht.config.table.seen_at = [this](const PeerId& peer) -> std::optional<Multiaddr> {
    const Multiaddr* remote = connect_.connector().remote_of(peer);
    if (remote == nullptr) return std::nullopt;
    return *remote;
  };
  if (setup.are_ids_certified)
    dht.config.admission.is_certified = [this](const PeerId& peer) { return is_member(peer); };
  else if (setup.hello && setup.hello->strangers != session::StrangerPolicy::welcome)
    // Lookups hear of strangers too, and ask whomever they hear of: their word does not count.
    dht.config.admission.is_certified = [this](const PeerId& peer) { return is_let_in(peer); };
  dht.namespaces.push_back(cards_namespace());
  dht.namespaces.push_back(parts_namespace());
  dht.namespaces.push_back(shared_records_namespace());
  return dht;
}

/// A stream that is opened only to hear whether its protocol is spoken.
class Wiring::ProtocolProbe final : public links::StreamOwner,
                                    public std::enable_shared_from_this<ProtocolProbe> {
 public:
  ProtocolProbe(links::Switch& streams, parts::Then<bool> then)
      : switch_(streams), then_(std::move(then)) {}

  bool open(ConnectionId connection, const std::string& protocol) {
    stream_ = switch_.open(connection, protocol, *this);
    if (stream_) self_ = shared_from_this();  // until the stream has told
    return stream_.has_value();
  }

 private:
  void on_negotiated(ports::StreamKey key) override {
    switch_.reset(key);
    finish(true);
  }
  void on_inbound(ports::StreamKey, std::string_view, const links::StreamPeer&) override {}
  void on_data(ports::StreamKey key, Bytes, bool) override {
    switch_.reset(key);
    finish(true);
  }
  void on_writable(ports::StreamKey) override {}
  void on_end(ports::StreamKey, links::StreamEnd why) override {
    if (why == links::StreamEnd::unsupported) return finish(false);
    then_(Err{parts::Refusal{"broken", "the stream broke before the peer answered"}});
    self_.reset();
  }
  void on_streams_available(ConnectionId) override {}
  void finish(bool is_spoken) {
    const auto alive = std::exchange(self_, nullptr);
    if (alive) then_(is_spoken);
  }

  links::Switch& switch_;
  parts::Then<bool> then_;
  std::optional<ports::StreamKey> stream_;
  std::shared_ptr<ProtocolProbe> self_;
};

void Wiring::probe_protocol(ConnectionId connection, const std::string& protocol,
                            const parts::Then<bool>& then) {
  const auto probe = std::make_shared<ProtocolProbe>(switch_, then);
  if (probe->open(connection, protocol)) return;
  events_.post(
      [then] { then(Err{parts::Refusal{"no_stream", "the peer takes no more streams"}}); });
}

void Wiring::each_counter(const CounterVisitor& visit) const {
  connect_.connector().counters().each(visit);
  switch_.counters().each(visit);
  if (hello_) hello_->machine().counters().each(visit);
  identify_.identify().counters().each(visit);
  ping_.machine().counters().each(visit);
  dht_.dht().counters().each(visit);
  visit({"dht_malformed_messages_total", "Messages of peers that could not be read."},
        dht_.malformed());
  cards_.cards().counters().each(visit);
  if (trust_) trust_->machine().counters().each(visit);
  if (witness_) witness_->machine().counters().each(visit);
  if (cross_check_) cross_check_->machine().counters().each(visit);
}

}  // namespace mycel
