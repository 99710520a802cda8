#pragma once
// Hundreds of DHT machines in one process, connected directly: messages arrive after a latency in
// virtual time, dead nodes never answer, and liars may change what they send.

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/hash.hpp"

#include "protocol/dht/dht.hpp"

namespace mycel::dht::testing {

inline PeerId peer_number(std::uint64_t number) {
  const crypto::Digest digest = crypto::sha256(as_bytes("peer " + std::to_string(number)));
  std::vector<std::byte> multihash{std::byte{0x12}, std::byte{0x20}};
  append(multihash, digest.view());
  return *PeerId::from_multihash(multihash);
}

/// /ip4/A.B.C.D/udp/4001/quic-v1
inline Multiaddr address_of(std::array<std::uint8_t, 4> ip) {
  std::vector<std::byte> bytes{std::byte{0x04}};
  for (const std::uint8_t part : ip) bytes.push_back(static_cast<std::byte>(part));
  for (const int part : {0x91, 0x02, 0x0f, 0xa1, 0xcd, 0x03})
    bytes.push_back(static_cast<std::byte>(part));
  return Multiaddr(bytes);
}

inline Multiaddr address_number(std::uint64_t number) {
  return address_of({static_cast<std::uint8_t>(60 + (number >> 16)),
                     static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number), 1});
}

inline Bytes key_text(std::string_view text) {
  return Bytes::copy(text);
}

/// Values like "7:anything": the number says which is better, "x..." is never valid, and
/// "u123:..." ended at second 123.
inline Namespace test_namespace() {
  const auto number = [](ByteView value) {
    int parsed = 0;
    for (const char digit : as_text(value)) {
      if (digit < '0' || digit > '9') break;
      parsed = parsed * 10 + (digit - '0');
    }
    return parsed;
  };
  return {.prefix = "/test/",
          .validate =
              [](ByteView, ByteView value, UnixTime) {
                return as_text(value).starts_with("x") ? Verdict::bad_signature : Verdict::valid;
              },
          .better = [number](ByteView, ByteView a, ByteView b) { return number(a) - number(b); },
          .ttl = {}};
}

/// Values like "a,b,d": words in order, each once. They merge to the words of both; "x..." is never
/// valid.
inline Namespace merging_namespace() {
  const auto words = [](ByteView value, std::set<std::string>& into) {
    std::string word;
    for (const char letter : as_text(value)) {
      if (letter != ',') word += letter;
      if (letter == ',') into.insert(std::exchange(word, {}));
    }
    into.insert(word);
  };
  return {.prefix = "/merge/",
          .validate =
              [](ByteView, ByteView value, UnixTime) {
                return as_text(value).starts_with("x") ? Verdict::bad_signature : Verdict::valid;
              },
          .better = {},
          .merge =
              [words](ByteView, ByteView a, ByteView b) {
                std::set<std::string> all;
                words(a, all);
                words(b, all);
                std::string text;
                for (const std::string& word : all) text += (text.empty() ? "" : ",") + word;
                return Bytes::copy(text);
              },
          .ttl = {}};
}

class World {
 public:
  struct Node {
    PeerInfo info;
    std::optional<Dht> dht;
    bool is_dead = false;
    std::set<PeerId> connected;
    std::map<std::pair<Table, Bytes>, Bytes> disk;
    std::vector<Event> events;
    std::map<OperationId, LookupDone> done;
    /// What a liar does to an answer before it leaves.
    std::function<void(Message&)> twist;
    std::uint64_t received = 0;
  };

  explicit World(std::uint64_t seed, Config config = {}) : rng_(seed), config_(config) {}

  Now now() const { return {time_, UnixTime(std::chrono::hours(500000)) + (time_ - Instant{})}; }

  std::size_t add() { return add(peer_number(nodes_.size())); }
  std::size_t add(const PeerId& id) {
    const std::size_t index = nodes_.size();
    Node& node = nodes_.emplace_back();
    node.info = {id, {address_number(index)}};
    start(index);
    index_of_[node.info.id] = index;
    return index;
  }
  void start(std::size_t index) {
    Node& node = nodes_[index];
    node.dht.emplace(config_, node.info.id, rng_.fork("node " + std::to_string(index)),
                     std::vector<Namespace>{test_namespace(), merging_namespace()});
    node.dht->set_local_addresses(node.info.addresses);
    for (const auto& [where, value] : node.disk)
      node.dht->load(now(), where.first, where.second, value);
    collect(index);
  }
  /// `count` nodes that each join through the one added before and a random one.
  void grow(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t index = add();
      if (index == 0) continue;
      connect(index, index - 1);
      connect(index, static_cast<std::size_t>(rng_.below(index)));
      run_for(50ms);
    }
  }
  void connect(std::size_t a, std::size_t b) {
    Node& first = nodes_[a];
    Node& second = nodes_[b];
    if (a == b || !first.connected.insert(second.info.id).second) return;
    second.connected.insert(first.info.id);
    first.dht->on_peer(now(), second.info, true);
    second.dht->on_peer(now(), first.info, true);
    collect(a);
    collect(b);
  }
  void kill(std::size_t index) {
    nodes_[index].is_dead = true;
    for (Node& node : nodes_) node.connected.erase(nodes_[index].info.id);
    nodes_[index].connected.clear();
  }

  /// Something happens to a node's machine.
  template <class Happening>
  auto tell(std::size_t index, Happening&& happening) {
    auto result = happening(*nodes_[index].dht);
    collect(index);
    return result;
  }

  void run_for(Duration span) {
    const Instant end = time_ + span;
    while (!queue_.empty() && queue_.begin()->first.first <= end) {
      auto entry = queue_.extract(queue_.begin());
      time_ = entry.key().first;
      entry.mapped()();
    }
    time_ = end;
  }
  /// Runs until the operation has ended.
  LookupDone finish(std::size_t index, OperationId operation) {
    for (int i = 0; i < 20000 && !nodes_[index].done.contains(operation); ++i) run_for(10ms);
    check(nodes_[index].done.contains(operation), "the operation has not ended");
    return nodes_[index].done.at(operation);
  }

  /// The truth: live nodes by distance from a key.
  std::vector<PeerId> nearest(ByteView key, std::size_t count, std::size_t except) const {
    const Key target = Key::of(key);
    std::vector<std::pair<Distance, PeerId>> all;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (!nodes_[i].is_dead && i != except)
        all.emplace_back(distance(Key::of(nodes_[i].info.id), target), nodes_[i].info.id);
    std::ranges::sort(all, {}, [](const auto& entry) { return entry.first; });
    std::vector<PeerId> ids;
    for (std::size_t i = 0; i < std::min(count, all.size()); ++i) ids.push_back(all[i].second);
    return ids;
  }

  Node& node(std::size_t index) { return nodes_[index]; }
  std::size_t size() const { return nodes_.size(); }
  std::size_t index_of(const PeerId& peer) const { return index_of_.at(peer); }
  Rng& rng() { return rng_; }
  std::uint64_t delivered() const { return delivered_; }

  Duration latency = 10ms;
  Duration timeout = 5s;
  /// Between whom nothing passes.
  std::function<bool(std::size_t from, std::size_t to)> is_cut;

 private:
  void at(Instant due, std::function<void()> what) {
    queue_.emplace(std::pair{due, ++order_}, std::move(what));
  }

  void collect(std::size_t index) {
    Node& node = nodes_[index];
    output_.clear();
    node.dht->take_output(output_);
    Output output;
    std::swap(output, output_);
    for (StoreWrite& write : output.persist) {
      if (write.value)
        node.disk[{write.table, write.key}] = *write.value;
      else
        node.disk.erase({write.table, write.key});
    }
    for (Request& request : output.early.requests) send(index, std::move(request));
    for (Answer& answer : output.early.answers) answer_back(index, std::move(answer));
    for (Answer& answer : output.answers) answer_back(index, std::move(answer));
    for (Event& event : output.events) {
      if (const auto* done = std::get_if<LookupDone>(&event)) node.done[done->operation] = *done;
      node.events.push_back(std::move(event));
    }
    std::swap(output, output_);
    const Instant due = node.dht->next_deadline();
    if (due != never && !node.is_dead) {
      at(std::max(due, time_), [this, index] {
        Node& woken = nodes_[index];
        if (woken.is_dead || woken.dht->next_deadline() > time_) return;
        woken.dht->on_deadline(now());
        collect(index);
      });
    }
  }

  void send(std::size_t from, Request request) {
    const auto to = index_of_.find(request.to);
    // Every message goes over the wire form.
    const Bytes body = encode(request.message);
    if (to == index_of_.end() || nodes_[to->second].is_dead) {
      if (request.expects_answer)
        at(time_ + timeout, [this, from, id = request.id] {
          if (nodes_[from].is_dead) return;
          nodes_[from].dht->on_failure(now(), id, RequestFailure::timeout);
          collect(from);
        });
      return;
    }
    at(time_ + latency, [this, from, index = to->second, id = request.id, body,
                         expects_answer = request.expects_answer] {
      Node& receiver = nodes_[index];
      const bool is_cut_off = is_cut && is_cut(from, index);
      if (receiver.is_dead || nodes_[from].is_dead || is_cut_off) {
        if (expects_answer) fail_later(from, id, timeout);
        return;
      }
      connect(from, index);
      delivered_ += 1;
      receiver.received += 1;
      const InboundId inbound{++inbound_};
      if (expects_answer) waiting_[inbound] = {from, id};
      receiver.dht->on_request(now(), inbound, nodes_[from].info.id, *decode(body));
      collect(index);
    });
  }

  void fail_later(std::size_t from, RequestId id, Duration after) {
    at(time_ + after, [this, from, id] {
      if (nodes_[from].is_dead) return;
      nodes_[from].dht->on_failure(now(), id, RequestFailure::timeout);
      collect(from);
    });
  }

  void answer_back(std::size_t from, Answer answer) {
    const auto waiting = waiting_.extract(answer.inbound);
    if (waiting.empty() || answer.reply == Reply::nothing) return;
    if (nodes_[from].twist) nodes_[from].twist(answer.message);
    at(time_ + latency, [this, to = waiting.mapped().first, id = waiting.mapped().second,
                         reply = answer.reply, body = encode(answer.message)] {
      if (nodes_[to].is_dead) return;
      if (reply == Reply::message)
        nodes_[to].dht->on_answer(now(), id, *decode(body));
      else
        nodes_[to].dht->on_failure(now(), id, RequestFailure::refused);
      collect(to);
    });
  }

  Rng rng_;
  Config config_;
  Instant time_{};
  std::deque<Node> nodes_;
  std::map<PeerId, std::size_t> index_of_;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> queue_;
  std::uint64_t order_ = 0;
  std::uint64_t inbound_ = 0;
  std::uint64_t delivered_ = 0;
  std::map<InboundId, std::pair<std::size_t, RequestId>> waiting_;
  Output output_;
};

}  // namespace mycel::dht::testing
