// One machine, and peers who say anything at any time: requests, answers that were not asked for,
// answers of the wrong kind, failures, silence. The input is a script.

#include <algorithm>
#include <vector>

#include "foundation/base/check.hpp"

#include "protocol/dht/dht.hpp"
#include "protocol/dht/world_testing.hpp"

using namespace mycel;
using dht::testing::address_number;
using dht::testing::peer_number;

namespace {

/// Reads choices off the input; zeros when it ends.
class Script {
 public:
  explicit Script(ByteView bytes) : rest_(bytes) {}
  bool is_over() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }
  ByteView bytes() {
    const std::size_t size = std::min<std::size_t>(byte(), rest_.size());
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

 private:
  ByteView rest_;
};

dht::Config small_config() {
  dht::Config config;
  config.table.bucket_size = 4;
  config.table.per_table.subnet_max = 40;
  config.table.per_bucket = {.subnet_max = 2, .network_max = 3};
  config.lookup.k = 4;
  config.lookup.disjoint_paths = 2;
  config.lookup.unasked_per_path_max = 8;
  config.lookup.asked_max = 20;
  config.records.count_max = 4;
  config.providers.count_max = 8;
  config.providers.per_key_max = 2;
  config.operations_max = 6;
  config.confirmations_enough = 2;
  config.clients_max = 4;
  return config;
}

class World {
 public:
  explicit World(ByteView bytes) : script_(bytes) {
    machine_.set_local_addresses({address_number(0)});
  }

  void run() {
    for (int step = 0; step < 400 && !script_.is_over(); ++step) {
      act(script_.byte() % 16);
      collect();
      check_bounds();
    }
    settle();
  }

 private:
  Now now() const { return {Instant(time_), UnixTime(std::chrono::hours(400000)) + time_}; }
  PeerId peer() { return peer_number(script_.byte() % 32); }
  PeerInfo info() {
    const std::uint8_t number = script_.byte() % 32;
    return {peer_number(number), {address_number(number % 5)}};
  }
  Bytes key() { return Bytes::copy("/test/" + std::to_string(script_.byte() % 12)); }
  Bytes value() { return Bytes::copy(std::to_string(script_.byte())); }

  /// Any bytes, or a message that makes some sense.
  dht::Message message(dht::MessageType type) {
    if (script_.byte() % 4 == 0) {
      const auto decoded = dht::decode(script_.bytes());
      return decoded ? *decoded : dht::Message{};
    }
    dht::Message made{.type = type, .key = key()};
    if (script_.byte() % 2 == 0) made.record = dht::Record{made.key, value(), {}};
    for (int i = script_.byte() % 6; i > 0; --i)
      made.closer.push_back({peer(), {address_number(1)}});
    for (int i = script_.byte() % 3; i > 0; --i)
      made.providers.push_back({peer(), {address_number(2)}});
    return made;
  }

  RequestId request() {
    if (asked_.empty() || script_.byte() % 8 == 0) return RequestId{script_.byte()};
    const std::size_t index = script_.byte() % asked_.size();
    const RequestId id = asked_[index].first;
    type_ = asked_[index].second;
    asked_.erase(asked_.begin() + static_cast<std::ptrdiff_t>(index));
    return id;
  }

  void act(int what) {
    switch (what) {
      case 0:
        return machine_.on_peer(now(), info(), script_.byte() % 4 != 0);
      case 1:
        return machine_.on_peer_gone(now(), peer());
      case 2:
      case 3:
        return machine_.on_request(now(), InboundId{1}, peer(),
                                   message(static_cast<dht::MessageType>(script_.byte() % 6)));
      case 4:
      case 5:
      case 6: {
        const RequestId id = request();
        return machine_.on_answer(now(), id, message(type_));
      }
      case 7:
        return machine_.on_failure(now(), request(),
                                   static_cast<RequestFailure>(script_.byte() % 6));
      case 8:
        time_ += std::chrono::seconds(script_.byte()) * 30;
        return machine_.on_deadline(now());
      case 9:
        time_ = std::max(time_, std::min<Duration>(machine_.next_deadline() - Instant{}, 10000h));
        return machine_.on_deadline(now());
      default:
        return operate(what);
    }
  }

  void operate(int what) {
    switch (what) {
      case 10:
        operations_.push_back(machine_.get(now(), key(), {.quorum = script_.byte() % 4u}));
        return;
      case 11:
        operations_.push_back(machine_.put(now(), key(), value()));
        return;
      case 12:
        operations_.push_back(machine_.provide(now(), key()));
        if (script_.byte() % 2 == 0) machine_.stop_providing(now(), key());
        return;
      case 13:
        operations_.push_back(machine_.find_providers(now(), key(), script_.byte() % 4u));
        return;
      case 14:
        operations_.push_back(machine_.find_peer(now(), peer()));
        if (script_.byte() % 4 == 0) machine_.bootstrap(now());
        return;
      default:
        operations_.push_back(machine_.find_nearest(now(), script_.bytes()));
        if (script_.byte() % 4 == 0 && machine_.cancel(operations_.back())) operations_.pop_back();
    }
  }

  void collect() {
    output_.clear();
    machine_.take_output(output_);
    for (const dht::Request& request : output_.early.requests)
      if (request.expects_answer) asked_.emplace_back(request.id, request.message.type);
    for (const dht::Event& event : output_.events)
      if (const auto* done = std::get_if<dht::LookupDone>(&event)) {
        const auto found = std::ranges::find(operations_, done->operation);
        check(found != operations_.end(), "an operation ends once");
        operations_.erase(found);
      }
  }

  void check_bounds() {
    const auto& counters = machine_.counters();
    check(counters.records <= 4, "records are bounded");
    check(counters.providers <= 8, "providers are bounded");
    check(asked_.size() <= 2000, "requests under way are bounded");
  }

  /// When everything has been answered or has failed, every operation has ended.
  void settle() {
    for (int round = 0; round < 2000 && !asked_.empty(); ++round) {
      const RequestId id = asked_.back().first;
      asked_.pop_back();
      machine_.on_failure(now(), id, RequestFailure::timeout);
      collect();
    }
    time_ += 2min;
    machine_.on_deadline(now());
    collect();
    check(operations_.empty(), "every operation ends");
  }

  Script script_;
  Duration time_ = 1h;
  dht::Dht machine_{small_config(), peer_number(0), Rng(1), {dht::testing::test_namespace()}};
  dht::Output output_;
  std::vector<std::pair<RequestId, dht::MessageType>> asked_;
  dht::MessageType type_ = dht::MessageType::find_node;
  std::vector<dht::OperationId> operations_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World({reinterpret_cast<const std::byte*>(data), size}).run();
  return 0;
}
