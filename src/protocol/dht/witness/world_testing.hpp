#pragma once
// A small mesh in which every node knows every other, with real signatures: messages arrive at
// once, time passes when a story says so, and any node can be made silent or a liar.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "protocol/dht/witness/witness_testing.hpp"

namespace mycel::dht::witness {

class World {
 public:
  using Number = std::uint32_t;

  explicit World(Number size, Rules rules = {}) : rules_(rules) {
    for (Number number = 0; number < size; ++number) numbers_[identity(number).id] = number;
    for (Number number = 0; number < size; ++number) {
      nodes_.push_back(std::make_unique<Node>());
      boot(number);
    }
    pass(slot_length);  // nothing is attested in the slot of the start
  }

  // What a story may change.
  std::set<Number> silent;         ///< takes requests and never answers
  std::set<Number> away;           ///< cannot be reached
  std::map<Number, Duration> lag;  ///< its answers come so late, if the link waits for them (5 s)
  /// Changes what a node sends as an answer; none: it resets the stream.
  std::function<std::optional<Message>(Number by, const Message&)> lie;
  /// Each node's own view of who is nearest.
  std::function<std::vector<Point>(Number of, const Point&)> table;
  std::vector<std::pair<Number, Evidence>> evidence;
  Now now = start_of_tests;

  Witnesses& machine(Number number) { return *nodes_[number]->machine; }
  Number number_of(const PeerId& peer) const { return numbers_.at(peer); }
  Number number_of(const PeerKey& key) const { return numbers_.at(wire::peer_id_of(key)); }

  CollectionId collects(Number source, Number target, std::string_view key = "a key") {
    const auto id = machine(source).collect(
        now, {.target = identity(target).id, .key = crypto::sha256(as_bytes(key))});
    settle();
    return id;
  }
  /// Hands a message to a node; its answer, if it gives one at once.
  std::optional<Message> tells(Number from, Number to, const Message& message) {
    told_.reset();
    deliver(from, to, RequestId{}, encode(message));
    settle();
    return std::exchange(told_, std::nullopt);
  }
  void pass(Duration span) {
    const Instant end = now.instant + span;
    while (true) {
      Instant next = end;
      for (const auto& node : nodes_) next = std::min(next, node->machine->next_deadline());
      for (const Late& late : late_) next = std::min(next, late.due);
      advance_to(std::max(now.instant, next));
      if (now.instant >= end) break;
    }
  }
  /// It forgets everything but what it persisted.
  void restarts(Number number) { boot(number); }

  std::vector<std::string> words(Number source) { return std::exchange(nodes_[source]->words, {}); }
  std::optional<Verified<Proof>> collected;
  std::optional<Verified<Proof>> witnessed;
  std::optional<CollectionFailed> failed;

  std::size_t held() const {
    std::size_t sum = late_.size();
    for (const auto& node : nodes_) sum += node->machine->held();
    return sum;
  }

 private:
  struct Node {
    std::unique_ptr<Witnesses> machine;
    std::map<Bytes, Bytes> disk;
    std::vector<std::string> words;
  };
  struct Question {
    Number from = 0;
    RequestId request;
  };
  struct Late {
    Instant due;
    Number from = 0;
    RequestId request;
    std::optional<Message> message;  // none: a failure
  };

  static constexpr Duration link_patience = 5s;

  void boot(Number number) {
    Node& node = *nodes_[number];
    Config config{.self = identity(number).id,
                  .secret = nonce(static_cast<std::uint8_t>(number + 1)),
                  .key = identity(number).bundle,
                  .rules = rules_};
    node.machine = std::make_unique<Witnesses>(config, around(number), Rng(number + 1));
    for (const auto& [key, value] : node.disk)
      check(node.machine->load(key, value), "a node reads what it wrote");
    node.machine->start(now);
  }

  Surroundings around(Number number) {
    return {.nearest =
                [this, number](const Point& key) {
                  return table ? table(number, key) : nearest_of(key, points());
                },
            .nodes = [this] { return numbers_.size(); },
            .observed =
                [this](const PeerId& peer) {
                  return Observation{endpoint(static_cast<std::uint8_t>(number_of(peer))),
                                     RoundTrip{4}};
                }};
  }
  std::vector<Point> points() const {
    std::vector<Point> points;
    for (const auto& [peer, number] : numbers_) points.push_back(point_of(peer));
    return points;
  }

  void advance_to(Instant instant) {
    now.unix = now.unix + (instant - now.instant);
    now.instant = instant;
    for (Number number = 0; number < nodes_.size(); ++number)
      if (machine(number).next_deadline() <= instant) machine(number).on_deadline(now);
    const auto due = std::exchange(late_, {});
    for (const Late& late : due) {
      if (late.due > instant)
        late_.push_back(late);
      else if (late.message)
        machine(late.from).on_answer(now, late.request, *late.message);
      else
        machine(late.from).on_failure(now, late.request);
    }
    settle();
  }

  void settle() {
    for (bool is_quiet = false; !is_quiet;) {
      is_quiet = true;
      for (Number number = 0; number < nodes_.size(); ++number)
        if (perform(number)) is_quiet = false;
    }
  }

  bool perform(Number number) {
    Output output;
    machine(number).take_output(output);
    Node& node = *nodes_[number];
    for (const StoreWrite& write : output.persist) node.disk[write.key] = *write.value;
    for (const Sign& one : output.signs)
      machine(number).on_signed(now, one.id, sign_by(number, one));
    for (const Check& one : output.checks) check_all(number, one);
    for (const Search& one : output.searches) search(number, one);
    for (const Send& one : output.sends) deliver(number, number_of(one.to), one.id, one.body);
    for (const Answer& one : output.answers) answer(number, one.id, one.body);
    for (const InboundId id : output.refusals) answer(number, id, std::nullopt);
    for (const Event& event : output.events)
      std::visit([&](const auto& one) { hear(number, one); }, event);
    return !output.signs.empty() || !output.checks.empty() || !output.searches.empty() ||
           !output.sends.empty() || !output.answers.empty() || !output.refusals.empty();
  }

  static Bytes sign_by(Number number, const Sign& one) {
    const Identity& self = identity(number);
    return one.key == OwnKey::peer ? Bytes::copy(self.peer_key.sign(one.bytes).view())
                                   : self.attestation_key.sign(one.bytes, {});
  }
  void check_all(Number number, const Check& one) {
    const auto genuine = std::make_unique<bool[]>(one.checks.size());
    for (std::size_t i = 0; i < one.checks.size(); ++i) genuine[i] = is_genuine(one.checks[i]);
    machine(number).on_checked(now, one.id, {genuine.get(), one.checks.size()});
  }
  void search(Number number, const Search& one) {
    const auto nearest = nearest_of(crypto::sha256(one.key.view()), points());
    std::vector<Candidate> candidates;
    for (const auto& [peer, each] : numbers_)
      if (std::ranges::find(nearest, point_of(peer)) != nearest.end()) candidates.push_back({peer});
    machine(number).on_candidates(now, one.id, candidates);
  }
  void deliver(Number from, Number to, RequestId request, const Bytes& body) {
    if (away.contains(to)) return machine(from).on_failure(now, request);
    if (silent.contains(to))
      return late_.push_back({now.instant + link_patience, from, request, {}});
    const InboundId inbound = inbound_ids_.next();
    questions_[inbound] = {from, request};
    const auto message = decode(body);
    if (message)
      machine(to).on_request(now, inbound, identity(from).id, *message);
    else
      machine(to).on_malformed(inbound);
  }
  void answer(Number by, InboundId inbound, const std::optional<Bytes>& body) {
    const Question question = questions_.extract(inbound).mapped();
    std::optional<Message> message;
    if (body) message = *decode(*body);
    if (message && lie) message = lie(by, *message);
    if (question.request == RequestId{}) {
      told_ = message;
    } else if (message) {
      // As it would arrive: what a liar put together reads as its bytes say.
      const auto arrived = decode(encode(*message));
      if (arrived && lag.contains(by)) return wait(question, lag.at(by), *arrived);
      if (arrived) return machine(question.from).on_answer(now, question.request, *arrived);
      machine(question.from).on_failure(now, question.request);
    } else {
      machine(question.from).on_failure(now, question.request);
    }
  }

  void wait(const Question& question, Duration span, const Message& message) {
    const bool is_given_up = span >= link_patience;
    late_.push_back({now.instant + std::min(span, link_patience), question.from, question.request,
                     is_given_up ? std::nullopt : std::optional(message)});
  }

  void hear(Number number, const Collected& event) {
    collected = event.proof;
    nodes_[number]->words.emplace_back("collected");
  }
  void hear(Number number, const CollectionFailed& event) {
    failed = event;
    std::string word = "failed: " + std::string(to_text(event.failure));
    if (event.refusal) word += ", " + std::string(to_text(*event.refusal));
    nodes_[number]->words.push_back(word);
  }
  void hear(Number number, const Witnessed& event) {
    witnessed = event.proof;
    nodes_[number]->words.emplace_back("witnessed");
  }
  void hear(Number number, const Evidence& event) { evidence.emplace_back(number, event); }

  Rules rules_;
  std::map<PeerId, Number> numbers_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<InboundId, Question> questions_;
  std::deque<Late> late_;
  std::optional<Message> told_;
  Sequence<InboundId> inbound_ids_;
};

}  // namespace mycel::dht::witness
