// How the DHT answers peers. Nothing here waits: an answer is made of what is known now.

#include <algorithm>
#include <utility>

#include "protocol/dht/dht.hpp"

namespace mycel::dht {

void Dht::on_request(Now now, InboundId inbound, const PeerId& from, const Message& message) {
  const bool is_ping = message.type == MessageType::ping;
  const bool has_key = !message.key.empty() && message.key.size() <= key_size_max_bytes;
  if (!config_.is_server) return refuse(inbound, RequestRefusal::not_serving);
  if (!is_ping && !has_key) return refuse(inbound, RequestRefusal::bad_key);
  switch (message.type) {
    case MessageType::ping:
      return reply(inbound, {.type = MessageType::ping});
    case MessageType::find_node:
      return serve_find_node(inbound, from, message);
    case MessageType::get_value:
      return serve_get_value(now, inbound, from, message);
    case MessageType::put_value:
      return serve_put_value(now, inbound, message);
    case MessageType::get_providers:
      return serve_get_providers(now, inbound, from, message);
    case MessageType::add_provider:
      return serve_add_provider(now, inbound, from, message);
  }
  refuse(inbound, RequestRefusal::unknown_type);
}

void Dht::reply(InboundId inbound, Message message) {
  counters_.served += 1;
  next_.early.answers.push_back({inbound, Reply::message, std::move(message)});
}

void Dht::refuse(InboundId inbound, RequestRefusal why) {
  counters_.refused[static_cast<std::size_t>(why)] += 1;
  next_.early.answers.push_back({inbound, Reply::refusal, {}});
}

std::vector<Peer> Dht::closer_peers(ByteView key, const PeerId& asker) const {
  std::vector<PeerInfo> nearest =
      table_.nearest(Key::of(key), config_.lookup.k, RoutingTable::Which::answering, &asker);
  std::vector<Peer> peers;
  peers.reserve(nearest.size());
  for (PeerInfo& peer : nearest)
    peers.push_back({.id = peer.id, .addresses = std::move(peer.addresses)});
  return peers;
}

void Dht::serve_find_node(InboundId inbound, const PeerId& from, const Message& message) {
  Message answer{.type = MessageType::find_node};
  answer.closer = closer_peers(message.key, from);
  // A peer that is wanted by its id may be connected here without serving the DHT.
  if (const auto wanted = PeerId::from_multihash(message.key); wanted && *wanted != from) {
    const auto client = clients_.find(*wanted);
    if (client != clients_.end()) {
      answer.closer.insert(answer.closer.begin(), {.id = *wanted,
                                                   .addresses = client->second.list(),
                                                   .connection = Connectedness::connected});
      if (answer.closer.size() > config_.lookup.k) answer.closer.pop_back();
    }
  }
  reply(inbound, std::move(answer));
}

void Dht::serve_get_value(Now now, InboundId inbound, const PeerId& from, const Message& message) {
  Message answer{.type = MessageType::get_value, .key = message.key};
  if (const auto held = records_.get(now, message.key))
    answer.record = Record{message.key, held->value, held->published};
  answer.closer = closer_peers(message.key, from);
  reply(inbound, std::move(answer));
}

void Dht::serve_put_value(Now now, InboundId inbound, const Message& message) {
  if (!message.record || message.record->key != message.key) {
    counters_.verification_failures.add(Verdict::wrong_key);
    return refuse(inbound, RequestRefusal::bad_value);
  }
  const Record& record = *message.record;
  const Verdict verdict =
      records_.put(now, message.key, record.value, record.received, false, next_.persist);
  if (verdict != Verdict::valid) {
    counters_.verification_failures.add(verdict);
    return refuse(inbound, RequestRefusal::bad_value);
  }
  drop_cached(now, message.key, record.value);
  // Peers take a put for stored when the value comes back. It leaves after the value is written.
  counters_.served += 1;
  next_.answers.push_back({inbound, Reply::message, message});
}

void Dht::serve_get_providers(Now now, InboundId inbound, const PeerId& from,
                              const Message& message) {
  Message answer{.type = MessageType::get_providers, .key = message.key};
  if (providers_.is_own(message.key))
    answer.providers.push_back({.id = self_, .addresses = local_addresses_});
  const std::size_t room = message_peers_max - answer.providers.size();
  for (PeerInfo& provider : providers_.providers(now, message.key, room))
    answer.providers.push_back({.id = provider.id, .addresses = std::move(provider.addresses)});
  answer.closer = closer_peers(message.key, from);
  reply(inbound, std::move(answer));
}

// A peer speaks only for itself, and without an address its word helps nobody.
void Dht::serve_add_provider(Now now, InboundId inbound, const PeerId& from,
                             const Message& message) {
  const auto own_word = std::ranges::find_if(message.providers, [&](const Peer& provider) {
    return provider.id == from && !provider.addresses.empty();
  });
  if (own_word == message.providers.end()) return refuse(inbound, RequestRefusal::not_its_own_word);
  if (!providers_.add(now, message.key, {from, own_word->addresses}, next_.persist))
    return refuse(inbound, RequestRefusal::no_room);
  counters_.served += 1;
  next_.answers.push_back({inbound, Reply::nothing, {}});
}

}  // namespace mycel::dht
