#include "protocol/trust/ledger.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "foundation/base/probe.hpp"

namespace mycel::trust {
namespace {

constexpr std::string_view convicted_prefix = "trust/convicted/";
/// Offers in a row to one peer: enough for all that a node keeps.
constexpr std::size_t rounds_max = offered_max / wanted_max;

Bytes store_key_of(const PeerId& peer) {
  std::vector<std::byte> key;
  append(key, as_bytes(convicted_prefix));
  append(key, peer.view());
  return Bytes(std::move(key));
}

}  // namespace

void Output::clear() {
  persist.clear();
  durability = Durability::buffered;
  answers.clear();
  refusals.clear();
  events.clear();
  sends.clear();
  checks.clear();
}

void Counters::each(const CounterVisitor& visit) const {
  visit({"trust_convictions_total", "Peers proven to have lied."}, convictions);
  visit({"trust_evidence_received_total", "Proofs against peers that others sent."},
        evidence_received);
  visit({"trust_evidence_refused_total", "Proofs of others that prove nothing."}, evidence_refused);
  visit({"trust_evidence_sent_total", "Proofs against peers sent to others."}, evidence_sent);
  visit({"trust_faults_total", "Faults of peers that prove nothing to others."}, faults);
  visit({"trust_convicted_peers", "Peers of whom a proof is kept."}, convicted_peers);
}

bool Ledger::load(ByteView key, ByteView value) {
  const ByteView prefix = as_bytes(convicted_prefix);
  if (key.size() < prefix.size() || !equal(key.first(prefix.size()), prefix)) return false;
  const auto evidence = decode_evidence(value);
  if (!evidence || !equal(key.subspan(prefix.size()), evidence->against.view())) return false;
  if (add(*evidence)) next_.events.emplace_back(Convicted{evidence->against, true});
  return true;
}

void Ledger::on_evidence(const Evidence& evidence) {
  convict(evidence, nullptr);
}

void Ledger::on_fault(Now now, const PeerId& peer) {
  counters_.faults += 1;
  opinions_.on_fault(now.instant, peer);
}

Score Ledger::score_of(Now now, const PeerId& peer) const {
  return is_convicted(peer) ? score_convicted : opinions_.of(now.instant, peer);
}

// Evidence, and who gets it.

void Ledger::convict(const Evidence& evidence, const PeerId* from) {
  if (evidence.against == config_.self || !add(evidence)) return;
  counters_.convictions += 1;
  next_.persist.push_back({Table::meta, store_key_of(evidence.against), encode_evidence(evidence)});
  next_.durability = Durability::synced;
  next_.events.emplace_back(Convicted{evidence.against});
  for (const PeerId& peer : peers_)
    if (peer != evidence.against && (from == nullptr || peer != *from))
      offer(peer, {name_of(evidence.against)}, 0);
}

bool Ledger::add(const Evidence& evidence) {
  const Name name = name_of(evidence.against);
  if (convicted_.contains(name)) return false;
  if (convicted_.size() >= config_.convicted_max && !make_room()) return false;
  const auto place = order_.insert(order_.end(), name);
  convicted_.emplace(name, Entry{evidence, peers_.contains(evidence.against), place});
  return true;
}

bool Ledger::make_room() {
  const auto unmet =
      std::ranges::find_if(order_, [&](const Name& name) { return !convicted_[name].is_met; });
  if (unmet == order_.end()) return false;
  probe("evidence against somebody never met made room");
  const auto entry = convicted_.find(*unmet);
  next_.persist.push_back(
      {Table::meta, store_key_of(entry->second.evidence.against), std::nullopt});
  order_.erase(unmet);
  convicted_.erase(entry);
  return true;
}

void Ledger::on_peer(const PeerId& peer) {
  if (const auto known = convicted_.find(name_of(peer)); known != convicted_.end()) {
    known->second.is_met = true;
    return;  // nothing is discussed with it
  }
  if (peers_.size() >= config_.peers_max || !peers_.insert(peer).second) return;
  if (convicted_.empty()) return;
  offer(peer, {order_.begin(), order_.end()}, rounds_max);
}

void Ledger::offer(const PeerId& peer, std::vector<Name> names, std::size_t rounds) {
  if (names.size() > offered_max) names.resize(offered_max);
  send({peer, Asked::offer, rounds}, Offer{std::move(names)});
}

void Ledger::send(const Pending& pending, const Message& message) {
  const RequestId id = request_ids_.next();
  asked_.emplace(id, pending);
  next_.sends.push_back({id, pending.peer, encode(message)});
}

// What peers ask.

void Ledger::on_request(Now now, InboundId inbound, const PeerId& from, const Message& message) {
  if (const auto* offered = std::get_if<Offer>(&message))
    serve(inbound, *offered);
  else if (const auto* evidence = std::get_if<Evidence>(&message))
    examine(now, inbound, from, *evidence);
  else
    refuse(inbound);  // an answer where a question belongs
}

void Ledger::serve(InboundId inbound, const Offer& offered) {
  Wanted wanted;
  for (const Name& name : offered.names)
    if (!convicted_.contains(name) && name != name_of(config_.self) &&
        wanted.names.size() < wanted_max)
      wanted.names.push_back(name);
  next_.answers.push_back({inbound, encode(wanted)});
}

void Ledger::examine(Now now, InboundId inbound, const PeerId& from, const Evidence& evidence) {
  counters_.evidence_received += 1;
  if (is_convicted(evidence.against)) {
    next_.answers.push_back({inbound, encode(Verdict{true})});
    return;
  }
  if (checking_.size() >= config_.checks_max || score_of(now, from) < score_heard)
    return refuse(inbound);
  const CheckId id = check_ids_.next();
  checking_.emplace(id, Checking{inbound, from, evidence});
  next_.checks.push_back({id, evidence});
}

// Whoever brings a false proof has not checked it, or made it.
void Ledger::on_checked(Now now, CheckId id, bool is_proven) {
  const auto found = checking_.extract(id);
  if (!found) return;
  const Checking& checking = found.mapped();
  next_.answers.push_back({checking.inbound, encode(Verdict{is_proven})});
  if (is_proven) return convict(checking.evidence, &checking.from);
  probe("a peer brought evidence that proves nothing");
  counters_.evidence_refused += 1;
  on_fault(now, checking.from);
}

void Ledger::refuse(InboundId inbound) {
  next_.refusals.push_back(inbound);
}

// What peers answer.

void Ledger::on_answer(RequestId request, const Message& message) {
  const auto found = asked_.extract(request);
  if (!found) return;
  const Pending& pending = found.mapped();
  if (const auto* wanted = std::get_if<Wanted>(&message); wanted && pending.what == Asked::offer)
    return give(pending, *wanted);
  // It asked for as much as it may, so it may lack more.
  if (pending.what == Asked::evidence && pending.rounds > 0)
    offer(pending.peer, {order_.begin(), order_.end()}, pending.rounds - 1);
}

void Ledger::give(const Pending& pending, const Wanted& wanted) {
  std::size_t given = 0;
  for (const Name& name : wanted.names) {
    const auto known = convicted_.find(name);
    if (known == convicted_.end()) continue;
    counters_.evidence_sent += 1;
    const bool is_last_of_many = ++given == wanted_max;
    send({pending.peer, Asked::evidence, is_last_of_many ? pending.rounds : 0},
         known->second.evidence);
  }
}

void Ledger::on_failure(RequestId request, RequestFailure why) {
  const auto found = asked_.extract(request);
  if (found && why == RequestFailure::unsupported) peers_.erase(found.mapped().peer);
}

void Ledger::take_output(Output& output) {
  std::swap(next_, output);
}

std::vector<PeerId> Ledger::convicted() const {
  std::vector<PeerId> peers;
  peers.reserve(order_.size());
  for (const Name& name : order_) peers.push_back(convicted_.at(name).evidence.against);
  return peers;
}

std::optional<Evidence> Ledger::evidence_against(const PeerId& peer) const {
  const auto known = convicted_.find(name_of(peer));
  if (known == convicted_.end()) return std::nullopt;
  return known->second.evidence;
}

const Counters& Ledger::counters() const {
  counters_.convicted_peers = convicted_.size();
  return counters_;
}

}  // namespace mycel::trust
