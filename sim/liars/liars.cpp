#include "sim/liars/liars.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "protocol/session/identify_message.hpp"

#include "sim/liars/forgery.hpp"
#include "sim/liars/witness_liar.hpp"

namespace mycel::sim {
namespace {

// Questions that a liar has heard and not answered: as many as its links carry.
constexpr std::size_t questions_max = 4096;

/// The DHT of one node, bent. The bend owns it, so it lives as long as the node.
class DhtLiar : public std::enable_shared_from_this<DhtLiar> {
 public:
  DhtLiar(Node& node, std::unique_ptr<Lie> lie, Duration acts_every)
      : node_(node), lie_(std::move(lie)), acts_every_(acts_every) {}

  void begin() {
    parts::DhtPart& dht = node_.wiring().dht();
    dht.overhear(
        [self = shared_from_this()](InboundId id, const PeerId& from, const dht::Message& asked) {
          self->hear(id, {from, asked});
        });
    dht.bend(
        [self = shared_from_this()](dht::Output& output, Now now) { self->bend(output, now); });
    act_later();
  }

 private:
  void hear(InboundId id, Question question) {
    lie_->hear(question);
    if (questions_.size() == questions_max) questions_.erase(questions_.begin());
    questions_.insert_or_assign(id, std::move(question));
  }

  void bend(dht::Output& output, Now now) {
    twist(output.early.answers, now);
    twist(output.answers, now);
    while (!late_.empty() && late_.begin()->first <= now.instant)
      output.early.answers.push_back(std::move(late_.extract(late_.begin()).mapped()));
  }

  void twist(std::vector<dht::Answer>& answers, Now now) {
    std::vector<dht::Answer> sent;
    for (dht::Answer& answer : answers) {
      const auto question = questions_.extract(answer.inbound);
      if (!question) {
        sent.push_back(std::move(answer));
        continue;
      }
      const auto late = lie_->twist(question.mapped(), answer);
      if (!late) continue;
      if (*late == Duration{}) {
        sent.push_back(std::move(answer));
      } else {
        late_.emplace(now.instant + *late, std::move(answer));
        stir_at(now.instant + *late);
      }
    }
    answers = std::move(sent);
  }

  void stir_at(Instant due) {
    node_.timers().call_at(due, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->node_.wiring().dht().stir();
    });
  }

  void act_later() {
    node_.timers().call_at(node_.timers().now().instant + acts_every_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->act();
      self->act_later();
    });
  }
  void act() {
    parts::DhtPart& dht = node_.wiring().dht();
    for (const Unasked& each : lie_->act(dht.dht().table().peers()))
      dht.send(each.to, each.message, [](const std::optional<dht::Message>&) {});
  }

  Node& node_;
  std::unique_ptr<Lie> lie_;
  Duration acts_every_;
  std::map<InboundId, Question> questions_;
  std::multimap<Instant, dht::Answer> late_;
};

/// What the node says of itself and of others' addresses, bent.
class IdentifyLiar {
 public:
  IdentifyLiar(LiarKind kind, std::shared_ptr<const Gang> gang, Rng rng)
      : kind_(kind), gang_(std::move(gang)), rng_(rng), rumour_(invented_address(rng_)) {}

  void bend(session::IdentifyOutput& output) {
    for (auto& answer : output.answers) twist(answer.body);
    for (auto& push : output.pushes) twist(push.body);
  }

 private:
  void twist(Bytes& body) {
    auto message = session::decode_identify(body);
    if (!message) return;
    message->signed_peer_record = {};
    if (kind_ == LiarKind::equivocate) {
      if (rng_.chance(0.5)) message->listen_addresses = {invented_address(rng_)};
    } else if (kind_ == LiarKind::flood) {
      while (message->listen_addresses.size() < session::listen_addresses_max)
        message->listen_addresses.push_back(invented_address(rng_));
    } else {
      // Where others are said to be seen: liars together say the same, a lone forger invents.
      message->observed = kind_ == LiarKind::forge ? invented_address(rng_) : rumour_of_all();
      if (kind_ == LiarKind::forge) message->listen_addresses.push_back(message->observed.value());
    }
    body = encode(*message);
  }
  Multiaddr rumour_of_all() const {
    return gang_->members.empty() ? rumour_ : gang_->members.front().peer.addresses.front();
  }

  LiarKind kind_;
  std::shared_ptr<const Gang> gang_;
  Rng rng_;
  Multiaddr rumour_;
};

bool lies_about_addresses(LiarKind kind) {
  return kind == LiarKind::equivocate || kind == LiarKind::forge || kind == LiarKind::flood ||
         kind == LiarKind::collude;
}

}  // namespace

void make_liar(Node& node, LiarKind kind, const LieMaker& maker, Rng rng) {
  make_witness_liar(node, kind, maker.gang, maker.config, rng.fork("witness"));
  auto lie = make_lie(kind, maker, rng.fork("dht"));
  if (!lie) return;
  std::make_shared<DhtLiar>(node, std::move(lie), maker.config.flood_every)->begin();
  if (!lies_about_addresses(kind)) return;
  const auto identify = std::make_shared<IdentifyLiar>(kind, maker.gang, rng.fork("identify"));
  node.wiring().identify_part().bend(
      [identify](session::IdentifyOutput& output, Now) { identify->bend(output); });
}

std::uint32_t ground_key(const dht::Key& target, std::uint32_t tries, Rng rng) {
  // Numbers beyond those of nodes: keys that nobody else has.
  constexpr std::uint32_t first = 1U << 31;
  std::optional<std::pair<dht::Distance, std::uint32_t>> best;
  for (std::uint32_t i = 0; i < std::max(tries, 1U); ++i) {
    const auto number = first + static_cast<std::uint32_t>(rng.below(first));
    const dht::Distance where = distance(dht::Key::of(peer_of_number(number)), target);
    if (!best || where < best->first) best = {where, number};
  }
  return best->second;
}

void make_liars(World& world, Fleet& fleet, const std::vector<Liar>& liars,
                const VictimKey& victim_key, const LiarConfig& config) {
  if (liars.empty()) return;
  const Rng rng = world.fork("liars");
  const auto gang = std::make_shared<Gang>();
  std::map<std::uint32_t, std::pair<LiarKind, dht::Key>> kinds;
  for (const Liar& liar : liars) {
    const std::string name = std::to_string(liar.node);
    dht::Key target;
    if (liar.kind == LiarKind::twin) {
      fleet.give_key_of(liar.node, liar.victim);
      fleet.mark_liar(liar.victim);
    } else if (liar.kind == LiarKind::grind) {
      const Bytes key =
          victim_key ? victim_key(liar.victim) : Bytes::copy(fleet.peer_of(liar.victim).view());
      target = dht::Key::of(key);
      fleet.give_key_of(liar.node, ground_key(target, config.tries, rng.fork("keys" + name)));
    }
    fleet.mark_liar(liar.node);
    gang->add(fleet.peer_of(liar.node), Network::address_of(liar.node));
    kinds.insert_or_assign(liar.node, std::pair{liar.kind, target});
  }
  fleet.on_made([rng, gang, kinds = std::move(kinds), config](Node& node) {
    const auto found = kinds.find(node.number());
    if (found == kinds.end()) return;
    const auto& [kind, target] = found->second;
    make_liar(node, kind, {config, gang, target}, rng.fork(std::to_string(node.number())));
  });
}

}  // namespace mycel::sim
