#include "sim/attacks/machines.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "foundation/base/check.hpp"

#include "sim/place.hpp"
#include "sim/sealed_value.hpp"

namespace mycel::sim {
namespace {

// A word of the queue is the slot of a flight, or a node to wake.
constexpr EventQueue::Word wake_bit = EventQueue::Word{1} << 62;

std::uint64_t pair_of(std::uint32_t a, std::uint32_t b) {
  return std::uint64_t{std::min(a, b)} << 32 | std::max(a, b);
}

}  // namespace

Machines::Machines(const MachinesConfig& config)
    : config_(config),
      rng_(Rng(config.seed).fork("machines")),
      topology_(config.seed, config.topology) {}

Machines::Number Machines::add(const PeerId& id, const dht::Config& config) {
  const auto number = static_cast<Number>(nodes_.size());
  PeerInfo peer{id, {to_multiaddr({.number = number})}};
  dht::Dht dht(config, id, rng_.fork("node " + std::to_string(number)), {sealed_namespace()});
  dht.set_local_addresses(peer.addresses);
  nodes_.push_back({.peer = std::move(peer), .dht = std::move(dht), .asked = {}});
  check(numbers_.emplace(tail_of(id), number).second, "two nodes have one id");
  collect(number);
  return number;
}

void Machines::introduce(Number from, Number to) {
  if (from == to) return;
  spoke_[pair_of(from, to)] = time_;
  nodes_[from].dht.on_peer(now(), nodes_[to].peer, true);
  nodes_[to].dht.on_peer(now(), nodes_[from].peer, true);
  collect(from);
  collect(to);
}

void Machines::look_up(Number number, const std::function<dht::OperationId(dht::Dht&, Now)>& begin,
                       Done done) {
  Node& node = nodes_[number];
  const dht::OperationId id = begin(node.dht, now());
  node.asked[id.value()] = std::move(done);
  collect(number);
}

void Machines::bootstrap(Number number) {
  nodes_[number].dht.bootstrap(now());
  collect(number);
}

void Machines::run_for(Duration span) {
  const Instant end = time_ + span;
  while (auto event = queue_.take(end)) {
    time_ = event->due;
    if ((event->word & wake_bit) != 0) {
      wake(static_cast<Number>(event->word & ~wake_bit));
      continue;
    }
    const auto slot = static_cast<std::uint32_t>(event->word);
    Flight flight = std::move(flights_[slot]);
    free_.push_back(slot);
    land(flight);
  }
  time_ = end;
  forget_idle();
}

Now Machines::now() const {
  return {time_, UnixTime(std::chrono::hours(500'000)) +
                     std::chrono::duration_cast<UnixTime::duration>(time_ - Instant{})};
}

std::optional<Machines::Number> Machines::number_of(const PeerId& id) const {
  const auto found = numbers_.find(tail_of(id));
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

void Machines::collect(Number number) {
  Node& node = nodes_[number];
  node.dht.take_output(output_);
  for (dht::Request& request : output_.early.requests) send(number, std::move(request));
  for (dht::Answer& each : output_.early.answers) answer(number, std::move(each));
  for (dht::Answer& each : output_.answers) answer(number, std::move(each));
  std::vector<std::pair<Done, dht::LookupDone>> ended;
  for (dht::Event& event : output_.events) {
    auto* done = std::get_if<dht::LookupDone>(&event);
    if (done == nullptr) continue;
    auto asked = node.asked.extract(done->operation.value());
    if (!asked.empty()) ended.emplace_back(std::move(asked.mapped()), std::move(*done));
  }
  output_.clear();
  const Instant due = node.dht.next_deadline();
  if (due < node.alarm) {
    node.alarm = std::max(due, time_);
    queue_.post(node.alarm, wake_bit | number);
  }
  for (const auto& [done, result] : ended) done(result);
}

void Machines::wake(Number number) {
  Node& node = nodes_[number];
  if (time_ < node.alarm) return;  // an earlier one has come since
  node.alarm = never;
  if (node.dht.next_deadline() <= time_) node.dht.on_deadline(now());
  collect(number);
}

void Machines::send(Number from, dht::Request request) {
  const auto to = number_of(request.to);
  Flight flight{.expects_answer = request.expects_answer,
                .from = from,
                .request = request.id,
                .message = std::move(request.message)};
  if (!to) {
    flight.kind = Kind::failure;
    flight.to = from;
    if (request.expects_answer) post(config_.request_time_max, std::move(flight));
    return;
  }
  flight.to = *to;
  post(handshake(from, *to) + way(from, *to), std::move(flight));
}

void Machines::answer(Number from, dht::Answer answer) {
  auto asker = askers_.extract(answer.inbound.value());
  check(!asker.empty(), "an answer to nobody");
  const Asker& to = asker.mapped();
  if (!to.expects_answer || answer.reply == dht::Reply::nothing) return;
  Flight flight{.kind = Kind::answer,
                .reply = answer.reply,
                .from = from,
                .to = to.from,
                .request = to.request,
                .message = std::move(answer.message)};
  if (nodes_[from].is_liar && twist_) twist_(to.asked, flight.message);
  post(way(from, to.from), std::move(flight));
}

void Machines::post(Duration after, Flight flight) {
  std::uint32_t slot = 0;
  if (free_.empty()) {
    slot = static_cast<std::uint32_t>(flights_.size());
    flights_.push_back(std::move(flight));
  } else {
    slot = free_.back();
    free_.pop_back();
    flights_[slot] = std::move(flight);
  }
  queue_.post(time_ + after, slot);
}

void Machines::land(Flight& flight) {
  delivered_ += 1;
  Node& node = nodes_[flight.to];
  switch (flight.kind) {
    case Kind::request: {
      const InboundId inbound{++inbound_};
      Asker& asker = askers_[inbound_];
      asker = {flight.from, flight.request, flight.expects_answer, {}};
      if (node.is_liar) asker.asked = flight.message;
      node.dht.on_request(now(), inbound, nodes_[flight.from].peer.id, flight.message);
      break;
    }
    case Kind::answer:
      if (flight.reply == dht::Reply::message) {
        node.dht.on_answer(now(), flight.request, flight.message);
      } else {
        node.dht.on_failure(now(), flight.request, RequestFailure::refused);
      }
      break;
    case Kind::failure:
      node.dht.on_failure(now(), flight.request, flight.failure);
      break;
  }
  collect(flight.to);
}

Duration Machines::way(Number from, Number to) {
  const Duration there_and_back = topology_.round_trip(from, to);
  return there_and_back / 2 + Topology::jitter(there_and_back, rng_.next());
}

Duration Machines::handshake(Number from, Number to) {
  const auto [spoke, is_first] = spoke_.try_emplace(pair_of(from, to), time_);
  const bool is_open = !is_first && time_ - spoke->second < config_.idle_max;
  spoke->second = time_;
  if (is_open) return Duration{};
  nodes_[from].dht.on_peer(now(), nodes_[to].peer, true);
  nodes_[to].dht.on_peer(now(), nodes_[from].peer, true);
  // Who is looked at has its output taken later: with the message that follows, or when it wakes.
  for (const Number number : {from, to}) {
    nodes_[number].alarm = std::min(nodes_[number].alarm, time_);
    queue_.post(time_, wake_bit | number);
  }
  return topology_.round_trip(from, to);
}

void Machines::forget_idle() {
  if (time_ < forget_at_) return;
  forget_at_ = time_ + config_.idle_max;
  std::erase_if(spoke_, [&](const auto& each) { return time_ - each.second >= config_.idle_max; });
}

std::uint64_t Machines::tail_of(const PeerId& id) {
  std::uint64_t tail = 0;
  const ByteView bytes = id.view();
  check(bytes.size() > sizeof tail, "an id is longer than a word");
  std::memcpy(&tail, bytes.data() + bytes.size() - sizeof tail, sizeof tail);
  return tail;
}

}  // namespace mycel::sim
