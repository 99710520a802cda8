#include "node/parts/dht_part.hpp"

#include <algorithm>
#include <utility>

namespace mycel::parts {
namespace {

/// Hears of the first commit that fails, after whoever hears of all of them.
drive::DriverPorts with_first_failure(drive::DriverPorts ports, std::function<void()> then) {
  ports.on_store_failure = [hears_all = ports.on_store_failure, then = std::move(then),
                            is_first = true](const ports::StoreError& error) mutable {
    hears_all(error);
    if (std::exchange(is_first, false)) then();
  };
  return ports;
}

}  // namespace

DhtPart::DhtPart(PartPorts ports, DhtSetup setup, const PeerId& self, Rng rng,
                 links::Switch& streams, links::ConnectionSource& connections, OnEvent on_event,
                 OnAddresses on_addresses)
    : ports_(std::move(ports)),
      protocol_(setup.protocol),
      on_event_(std::move(on_event)),
      on_addresses_(std::move(on_addresses)),
      requests_({.protocol = setup.protocol,
                 .framing = {.size_max_bytes = dht::message_size_max_bytes},
                 .ends_with_request = true},
                streams, connections, ports_.timers, ports_.events, *this),
      driver_(
          // What waits may wait for words that were lost with the commit.
          with_first_failure(ports_.driver,
                             [this] {
                               for (auto& [id, then] : std::exchange(waiting_, {}))
                                 ports_.events.post([operation = id, tell = std::move(then)] {
                                   tell({operation, dht::Refused{dht::Verdict::no_room}, {}});
                                 });
                             }),
          dht::Dht(setup.config, self, rng, std::move(setup.namespaces)),
          [this](dht::Output& output) { perform(output); },
          [this](dht::Output& output) { perform_early(output); }) {}

Result<void, ports::StoreError> DhtPart::load() {
  for (const Table table : {Table::records, Table::providers}) {
    const auto scanned =
        ports_.driver.store.scan(table, {}, [this, table](ByteView key, ByteView value) {
          driver_.tell([&](dht::Dht& dht, Now now) {
            dht.load(now, table, Bytes::copy(key), Bytes::copy(value));
          });
          return true;
        });
    if (!scanned) return scanned;
  }
  return {};
}

void DhtPart::bootstrap() {
  driver_.tell([](dht::Dht& dht, Now now) { dht.bootstrap(now); });
}

void DhtPart::set_local_addresses(const Addresses& addresses) {
  driver_.tell([&](dht::Dht& dht, Now) { dht.set_local_addresses(addresses); });
}

void DhtPart::on_peer(const PeerInfo& peer, const std::vector<std::string>& protocols) {
  const bool serves = std::ranges::find(protocols, protocol_) != protocols.end();
  driver_.tell([&](dht::Dht& dht, Now now) { dht.on_peer(now, peer, serves); });
}

void DhtPart::on_peer_gone(const PeerId& peer) {
  driver_.tell([&](dht::Dht& dht, Now now) { dht.on_peer_gone(now, peer); });
}

void DhtPart::bar(const PeerId& peer) {
  driver_.tell([&](dht::Dht& dht, Now now) { dht.bar(now, peer); });
}

void DhtPart::on_announced(const Bytes& key) {
  driver_.tell([&](dht::Dht& dht, Now) { dht.on_announced(key); });
}

void DhtPart::send(const PeerId& to, const dht::Message& message, OnMessage then) {
  const RequestId id{last_own_request_--};
  own_requests_.emplace(id, std::move(then));
  requests_.request(id, to, dht::encode(message));
}

// Each address just before the request that needs it: in a full address book what was only heard is
// the first to go, and would be forgotten for the next one of the same flight.
void DhtPart::perform_early(dht::Output& output) {
  const std::vector<PeerInfo>& addresses = output.early.addresses;
  auto told = addresses.begin();
  for (const dht::Request& request : output.early.requests) {
    const auto needed = std::ranges::find(told, addresses.end(), request.to, &PeerInfo::id);
    if (needed != addresses.end())
      for (; told <= needed; ++told) on_addresses_(*told);
    send(request);
  }
  for (; told != addresses.end(); ++told) on_addresses_(*told);
  for (const dht::Answer& answer : output.early.answers) reply(answer);
}

// What the machine takes for kept already it does not write again: once a commit was lost, nothing
// that it confirms is certain to be on the disk.
void DhtPart::perform(dht::Output& output) {
  for (dht::Answer& answer : output.answers) {
    if (driver_.is_beyond_store()) answer.reply = dht::Reply::refusal;
    reply(answer);
  }
  for (dht::Event& event : output.events)
    ports_.events.post([this, event = std::move(event)] { on_event(event); });
}

void DhtPart::send(const dht::Request& request) {
  requests_.request(request.id, request.to, dht::encode(request.message), request.expects_answer);
}

void DhtPart::reply(const dht::Answer& answer) {
  switch (answer.reply) {
    case dht::Reply::message:
      return requests_.answer(answer.inbound, dht::encode(answer.message));
    case dht::Reply::nothing:
      return requests_.dismiss(answer.inbound);
    case dht::Reply::refusal:
      return requests_.refuse(answer.inbound);
  }
}

void DhtPart::on_event(const dht::Event& event) {
  on_event_(event);
  const auto* done = std::get_if<dht::LookupDone>(&event);
  if (done == nullptr) return;
  const auto waiting = waiting_.extract(done->operation);
  if (!waiting) return;
  const auto is_barred = [this](const PeerInfo& peer) { return dht().is_barred(peer.id); };
  if (const auto* peers = std::get_if<dht::Peers>(&done->result);
      peers != nullptr && std::ranges::any_of(peers->nearest, is_barred)) {
    dht::LookupDone purged = *done;
    std::erase_if(std::get_if<dht::Peers>(&purged.result)->nearest, is_barred);
    return waiting.mapped()(purged);
  }
  waiting.mapped()(*done);
}

void DhtPart::on_answer(RequestId request, Bytes body) {
  const auto message = dht::decode(body);
  if (!message) {
    malformed_ += 1;
    return on_failure(request, RequestFailure::malformed);
  }
  if (const auto own = own_requests_.extract(request)) return own.mapped()(*message);
  driver_.tell([&](dht::Dht& dht, Now now) { dht.on_answer(now, request, *message); });
}

void DhtPart::on_failure(RequestId request, RequestFailure why) {
  if (const auto own = own_requests_.extract(request)) return own.mapped()(std::nullopt);
  driver_.tell([&](dht::Dht& dht, Now now) { dht.on_failure(now, request, why); });
}

void DhtPart::on_request(links::InboundRequest request) {
  const auto message = dht::decode(request.body);
  if (!message) {
    malformed_ += 1;
    return requests_.refuse(request.id);
  }
  if (on_question_) on_question_(request.id, request.peer, *message);
  driver_.tell(
      [&](dht::Dht& dht, Now now) { dht.on_request(now, request.id, request.peer, *message); });
}

}  // namespace mycel::parts
