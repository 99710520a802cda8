#include "sim/liars/lie.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "foundation/base/check.hpp"

#include "sim/liars/forgery.hpp"

namespace mycel::sim {
namespace {

// What one liar remembers; runs are short, and an attacker has memory to spare.
constexpr std::size_t remembered_max = 4096;
// How alike a key and a grinder's target must be for the grinder to care: 1 in 4096 of all keys.
constexpr unsigned cared_for_bits = 12;
constexpr std::size_t told_max = 3;  // peers to whom a record is sent unasked

bool is_put(const Question& question) {
  return question.asked.type == dht::MessageType::put_value && question.asked.record.has_value();
}
bool is_asked_for_value(const Question& question) {
  return question.asked.type == dht::MessageType::get_value;
}

dht::Message put_of(const dht::Record& record) {
  dht::Message message{.type = dht::MessageType::put_value, .key = record.key};
  message.record = record;
  return message;
}

std::vector<Unasked> to_some(const std::vector<PeerId>& peers, const dht::Message& message,
                             Rng& rng) {
  std::vector<Unasked> all;
  for (std::size_t i = 0; i < std::min(told_max, peers.size()); ++i)
    all.push_back({peers[static_cast<std::size_t>(rng.below(peers.size()))], message});
  return all;
}

/// The values that it was given, oldest first.
class Memory {
 public:
  void keep(const dht::Record& record) {
    if (!records_.contains(record.key) && records_.size() == remembered_max) return;
    auto& versions = records_[record.key];
    const auto is_same = [&](const dht::Record& known) { return known.value == record.value; };
    if (versions.size() == versions_max || std::ranges::any_of(versions, is_same)) return;
    versions.push_back(record);
  }
  const std::vector<dht::Record>* of(const Bytes& key) const {
    const auto found = records_.find(key);
    return found == records_.end() ? nullptr : &found->second;
  }
  const dht::Record* any(Rng& rng) const {
    if (records_.empty()) return nullptr;
    auto entry = records_.begin();
    std::advance(entry, static_cast<std::ptrdiff_t>(rng.below(records_.size())));
    return &entry->second.front();
  }

 private:
  static constexpr std::size_t versions_max = 8;
  std::map<Bytes, std::vector<dht::Record>> records_;
};

/// Takes what it is given and never hands it out; half of them do not even answer.
class Withhold final : public Lie {
 public:
  explicit Withhold(Rng rng) : is_mute_(rng.chance(0.5)) {}
  std::optional<Duration> twist(const Question& question, dht::Answer& answer) override {
    if (is_mute_ && is_asked_for_value(question)) return std::nullopt;
    if (!is_put(question)) answer.message.record.reset();
    answer.message.providers.clear();
    return Duration{};
  }

 private:
  bool is_mute_;
};

/// Every asker belongs to one of two worlds, with other peers and other values in each.
class Equivocate final : public Lie {
 public:
  void hear(const Question& question) override {
    if (is_put(question)) memory_.keep(*question.asked.record);
  }
  std::optional<Duration> twist(const Question& question, dht::Answer& answer) override {
    const std::uint64_t world = dht::Key::of(question.from).words[3] & 1;
    std::vector<dht::Peer> shown;
    for (std::size_t i = 0; i < answer.message.closer.size(); ++i)
      if (i % 2 == world) shown.push_back(std::move(answer.message.closer[i]));
    answer.message.closer = std::move(shown);
    if (!is_asked_for_value(question)) return Duration{};
    const auto* versions = memory_.of(question.asked.key);
    if (versions == nullptr) return Duration{};
    answer.message.record = world == 0 ? versions->front() : versions->back();
    if (world == 1 && versions->size() == 1) answer.message.record.reset();
    return Duration{};
  }

 private:
  Memory memory_;
};

class Delay final : public Lie {
 public:
  explicit Delay(Duration late_after) : late_after_(late_after) {}
  std::optional<Duration> twist(const Question&, dht::Answer&) override { return late_after_; }

 private:
  Duration late_after_;
};

/// Answers with the oldest that it knows, and offers it to others when it hears of something newer.
class Replay final : public Lie {
 public:
  explicit Replay(Rng rng) : rng_(rng) {}
  void hear(const Question& question) override {
    if (!is_put(question)) return;
    const dht::Record& record = *question.asked.record;
    memory_.keep(record);
    const dht::Record& oldest = memory_.of(record.key)->front();
    if (oldest.value != record.value && revived_.size() < remembered_max)
      revived_.push_back(oldest);
  }
  std::optional<Duration> twist(const Question& question, dht::Answer& answer) override {
    if (is_put(question)) return Duration{};
    if (const auto* versions = memory_.of(question.asked.key); versions != nullptr)
      if (is_asked_for_value(question)) answer.message.record = versions->front();
    if (answers_.size() == remembered_max) return Duration{};
    const auto [before, is_new] = answers_.try_emplace(question.asked.key, answer.message.closer);
    if (!is_new) answer.message.closer = before->second;
    return Duration{};
  }
  std::vector<Unasked> act(const std::vector<PeerId>& peers) override {
    if (revived_.empty()) return {};
    const dht::Message message = put_of(revived_.back());
    revived_.pop_back();
    return to_some(peers, message, rng_);
  }

 private:
  Rng rng_;
  Memory memory_;
  std::vector<dht::Record> revived_;
  std::map<Bytes, std::vector<dht::Peer>> answers_;
};

/// Answers with records that nobody signed and peers that nobody is, and offers such to others.
class Forge final : public Lie {
 public:
  explicit Forge(Rng rng) : rng_(rng) {}
  void hear(const Question& question) override {
    if (is_put(question)) memory_.keep(*question.asked.record);
  }
  std::optional<Duration> twist(const Question& question, dht::Answer& answer) override {
    if (is_put(question)) return Duration{};
    if (is_asked_for_value(question))
      answer.message.record = forged(question.asked.key, answer.message.record);
    for (std::size_t i = 0; i < invented; ++i)
      answer.message.closer.insert(answer.message.closer.begin(),
                                   invented_peer(dht::Key::of(question.asked.key), rng_));
    for (dht::Peer& provider : answer.message.providers)
      provider.addresses = {invented_address(rng_)};
    return Duration{};
  }
  std::vector<Unasked> act(const std::vector<PeerId>& peers) override {
    const dht::Record* model = memory_.any(rng_);
    if (model == nullptr) return {};
    return to_some(peers, put_of(forged(model->key, *model)), rng_);
  }

 private:
  static constexpr std::size_t invented = 4;
  dht::Record forged(const Bytes& key, const std::optional<dht::Record>& honest) {
    const dht::Record* other = memory_.any(rng_);
    return forged_record(key, honest ? honest->value : Bytes{},
                         other != nullptr ? other->value : Bytes{}, rng_);
  }

  Rng rng_;
  Memory memory_;
};

/// Fills every message to what the wire allows, and asks and tells without end.
class Flood final : public Lie {
 public:
  Flood(const LiarConfig& config, Rng rng) : config_(config), rng_(rng) {}
  std::optional<Duration> twist(const Question&, dht::Answer& answer) override {
    fill(answer.message.closer);
    fill(answer.message.providers);
    return Duration{};
  }
  std::vector<Unasked> act(const std::vector<PeerId>& peers) override {
    std::vector<Unasked> all;
    if (peers.empty()) return all;
    for (std::size_t i = 0; i < config_.flood_messages; ++i)
      all.push_back({peers[static_cast<std::size_t>(rng_.below(peers.size()))], burden()});
    return all;
  }

 private:
  // One crowd of nobodies serves for all answers: to invent it anew would slow the run, not its
  // victims.
  void fill(std::vector<dht::Peer>& list) {
    while (crowd_.size() < dht::message_peers_max) {
      dht::Peer peer = random_peer(rng_);
      while (peer.addresses.size() < dht::peer_addresses_max)
        peer.addresses.push_back(invented_address(rng_));
      crowd_.push_back(std::move(peer));
    }
    for (std::size_t i = 0; list.size() < dht::message_peers_max; ++i) list.push_back(crowd_[i]);
  }
  dht::Message burden() {
    constexpr std::array kinds{dht::MessageType::get_value, dht::MessageType::find_node,
                               dht::MessageType::get_providers, dht::MessageType::put_value};
    dht::Message message{.type = kinds[static_cast<std::size_t>(rng_.below(kinds.size()))],
                         .key = random_bytes(dht::key_size_max_bytes, rng_)};
    constexpr std::size_t heavy = std::size_t{64} << 10;  // the largest value that stores take
    if (message.type == dht::MessageType::put_value)
      message.record = dht::Record{message.key, random_bytes(heavy, rng_), std::nullopt};
    return message;
  }

  LiarConfig config_;
  Rng rng_;
  std::vector<dht::Peer> crowd_;
};

/// Knows nobody but its accomplices, and no values.
class Collude final : public Lie {
 public:
  /// With a target only for keys near it: whoever sits on a key is honest elsewhere.
  Collude(std::shared_ptr<const Gang> gang, std::optional<dht::Key> target)
      : gang_(std::move(gang)), target_(target) {}
  std::optional<Duration> twist(const Question& question, dht::Answer& answer) override {
    if (is_put(question) || answer.reply != dht::Reply::message) return Duration{};
    const dht::Key key = dht::Key::of(question.asked.key);
    if (target_ && dht::shared_prefix_bits(key, *target_) < cared_for_bits) return Duration{};
    answer.message.record.reset();
    answer.message.providers.clear();
    answer.message.closer = gang_->nearest(key, dht::k_default, question.from);
    return Duration{};
  }

 private:
  std::shared_ptr<const Gang> gang_;
  std::optional<dht::Key> target_;
};

/// One kind after the other, as the mood takes it; all of them hear everything.
class Mixed final : public Lie {
 public:
  Mixed(const LieMaker& maker, Rng rng) : config_(maker.config), rng_(rng) {
    for (const LiarKind kind : {LiarKind::withhold, LiarKind::equivocate, LiarKind::delay,
                                LiarKind::replay, LiarKind::forge, LiarKind::collude})
      moods_.push_back(make_lie(kind, maker, rng.fork(to_text(kind))));
  }
  void hear(const Question& question) override {
    for (const auto& mood : moods_) mood->hear(question);
  }
  std::optional<Duration> twist(const Question& question, dht::Answer& answer) override {
    return moods_[mood_]->twist(question, answer);
  }
  std::vector<Unasked> act(const std::vector<PeerId>& peers) override {
    const auto turns = static_cast<std::uint64_t>(config_.mood_lasts / config_.flood_every);
    if (++acted_ % std::max<std::uint64_t>(turns, 1) == 0)
      mood_ = static_cast<std::size_t>(rng_.below(moods_.size()));
    return moods_[mood_]->act(peers);
  }

 private:
  LiarConfig config_;
  Rng rng_;
  std::vector<std::unique_ptr<Lie>> moods_;
  std::size_t mood_ = 0;
  std::uint64_t acted_ = 0;
};

}  // namespace

void Gang::add(const PeerId& peer, const Multiaddr& address) {
  members.push_back({{.id = peer, .addresses = {address}}, dht::Key::of(peer)});
}

std::vector<dht::Peer> Gang::nearest(const dht::Key& target, std::size_t count,
                                     const PeerId& except) const {
  std::vector<std::pair<dht::Distance, std::size_t>> order;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (members[i].peer.id != except) order.emplace_back(distance(members[i].key, target), i);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::ranges::partial_sort(order, end);
  std::vector<dht::Peer> peers;
  for (auto each = order.begin(); each != end; ++each) peers.push_back(members[each->second].peer);
  return peers;
}

std::unique_ptr<Lie> make_lie(LiarKind kind, const LieMaker& maker, Rng rng) {
  switch (kind) {
    case LiarKind::withhold:
      return std::make_unique<Withhold>(rng);
    case LiarKind::equivocate:
      return std::make_unique<Equivocate>();
    case LiarKind::delay:
      return std::make_unique<Delay>(maker.config.late_after);
    case LiarKind::replay:
      return std::make_unique<Replay>(rng);
    case LiarKind::forge:
      return std::make_unique<Forge>(rng);
    case LiarKind::flood:
      return std::make_unique<Flood>(maker.config, rng);
    case LiarKind::collude:
      return std::make_unique<Collude>(maker.gang, std::nullopt);
    case LiarKind::grind:
      return std::make_unique<Collude>(maker.gang, maker.target);
    case LiarKind::mixed:
      return std::make_unique<Mixed>(maker, rng);
    case LiarKind::twin:
    case LiarKind::truncate:
      break;
  }
  return nullptr;
}

}  // namespace mycel::sim
