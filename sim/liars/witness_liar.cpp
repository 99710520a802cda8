#include "sim/liars/witness_liar.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "foundation/wire/key.hpp"

#include "protocol/dht/witness/equivocation.hpp"

namespace mycel::sim {
namespace {

namespace witness = dht::witness;

class WitnessLiar : public std::enable_shared_from_this<WitnessLiar> {
 public:
  WitnessLiar(Node& node, LiarKind kind, std::shared_ptr<const Gang> gang, const LiarConfig& config,
              Rng rng)
      : node_(node), kind_(kind), gang_(std::move(gang)), config_(config), rng_(rng) {}

  void begin() {
    node_.wiring().witness()->bend(
        [self = shared_from_this()](witness::Output& output, Now now) { self->bend(output, now); });
  }

 private:
  void bend(witness::Output& output, Now now) {
    std::vector<witness::Answer> sent;
    for (witness::Answer& answer : output.answers) {
      const auto late = twist(answer.body);
      if (!late) continue;
      if (*late == Duration{}) {
        sent.push_back(std::move(answer));
      } else {
        late_.emplace(now.instant + *late, std::move(answer));
        stir_at(now.instant + *late);
      }
    }
    output.answers = std::move(sent);
    while (!late_.empty() && late_.begin()->first <= now.instant)
      output.answers.push_back(std::move(late_.extract(late_.begin()).mapped()));
    for (witness::Send& send : output.sends) twist_proof(send.body);
  }

  // Evidence that the liar made of words in the name of somebody honest.
  void slander(trust::Output& output) {
    if (!std::exchange(is_slandering_, false)) return;
    const auto peers = node_.wiring().dht().dht().table().peers();
    if (peers.empty()) return;
    const witness::PeerKey victim = somebody();
    witness::EquivocationProof proof;
    proof.first.attestation.content = {.signer = victim, .time = node_.timers().now().unix};
    proof.second = proof.first;
    proof.second.attestation.content.neighbours = {witness::point_of(peers.front())};
    for (witness::ProofPart* part : {&proof.first, &proof.second}) {
      sign(part->attestation);
      part->key = StandInSignatures::bundle_of(wire::peer_id_of(victim));
    }
    const Evidence evidence{.against = wire::peer_id_of(victim), .proof = encode(proof)};
    const PeerId& to = peers[static_cast<std::size_t>(rng_.below(peers.size()))];
    output.sends.push_back({RequestId{last_request_--}, to, trust::encode(evidence)});
  }
  void slander_later() {
    node_.timers().call_at(node_.timers().now().instant + config_.mood_lasts,
                           [weak = weak_from_this()] {
                             const auto self = weak.lock();
                             if (!self) return;
                             self->is_slandering_ = true;
                             self->node_.wiring().trust()->stir();
                             self->slander_later();
                           });
  }

  void stir_at(Instant due) {
    node_.timers().call_at(due, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->node_.wiring().witness()->stir();
    });
  }

  /// How late the answer goes out; none: never.
  std::optional<Duration> twist(Bytes& body) {
    auto message = witness::decode(body);
    auto* response = message ? std::get_if<witness::Response>(&*message) : nullptr;
    auto* word =
        response == nullptr ? nullptr : std::get_if<witness::SignedAttestation>(&response->word);
    if (word == nullptr) return Duration{};
    const LiarKind mood = kind_ == LiarKind::mixed ? any_mood() : kind_;
    switch (mood) {
      case LiarKind::withhold:
        return std::nullopt;
      case LiarKind::delay:
        return config_.late_after;
      case LiarKind::equivocate:
        tell_another_list(*word);
        break;
      case LiarKind::replay:
        if (!first_word_) first_word_ = *response;
        *response = *first_word_;
        break;
      case LiarKind::forge:
        forge(*response, *word);
        break;
      case LiarKind::collude:
      case LiarKind::grind:
        agree(*word);
        break;
      case LiarKind::truncate:
        body = body.slice(0, static_cast<std::size_t>(rng_.below(body.size())));
        return Duration{};
      case LiarKind::flood:
      case LiarKind::twin:
      case LiarKind::mixed:
        return Duration{};
    }
    body = encode(*message);
    return Duration{};
  }

  LiarKind any_mood() {
    constexpr std::array moods{LiarKind::withhold, LiarKind::delay,   LiarKind::equivocate,
                               LiarKind::replay,   LiarKind::forge,   LiarKind::collude,
                               LiarKind::truncate, LiarKind::truncate};
    return moods[static_cast<std::size_t>(rng_.below(moods.size()))];
  }

  void sign(witness::SignedAttestation& word) const {
    word.body = encode(word.content);
    word.signature = node_.signatures().sign_now(ports::SignatureScheme::ml_dsa_65, word.body);
  }

  void tell_another_list(witness::SignedAttestation& word) {
    auto& list = word.content.neighbours;
    if (list.empty()) return;
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(rng_.below(list.size())));
    sign(word);
  }

  void forge(witness::Response& response, witness::SignedAttestation& word) {
    enum Trick : std::uint8_t { unsigned_word, foreign_name, unbound_key, tricks };
    switch (static_cast<Trick>(rng_.below(tricks))) {
      case unsigned_word:
        word.content.neighbours.clear();  // and the signature is that of what it was
        word.body = encode(word.content);
        break;
      case foreign_name:
        word.content.signer = somebody();
        sign(word);
        break;
      default:
        if (response.key) response.key->signature = word.signature.slice(0, 64);
        break;
    }
  }

  witness::PeerKey somebody() {
    const auto peers = node_.wiring().dht().dht().table().peers();
    if (peers.empty()) return *wire::ed25519_key(node_.wiring().self());
    return *wire::ed25519_key(peers[static_cast<std::size_t>(rng_.below(peers.size()))]);
  }

  // All of a gang say the same, or nobody would have a majority to believe.
  void agree(witness::SignedAttestation& word) const {
    const witness::Endpoint nowhere{.ip = {std::byte{10}, std::byte{255}}, .port = 1};
    word.content.source = {nowhere, witness::round_trip_longest};
    word.content.target = word.content.source;
    auto& list = word.content.neighbours;
    list.clear();
    for (const Gang::Member& member : gang_->members)
      list.push_back(witness::point_of(member.peer.id));
    std::ranges::sort(list, [&](const witness::Point& a, const witness::Point& b) {
      return witness::is_nearer(word.content.key, a, b);
    });
    const auto again = std::ranges::unique(list);
    list.erase(again.begin(), again.end());
    list.resize(std::min(list.size(), witness::neighbours_max));
    sign(word);
  }

  // As a source: what was proved before, one word many times, or words of whoever comes to mind.
  void twist_proof(Bytes& body) {
    if (kind_ != LiarKind::forge && kind_ != LiarKind::replay && kind_ != LiarKind::mixed) return;
    auto message = witness::decode(body);
    auto* proof = message ? std::get_if<witness::Proof>(&*message) : nullptr;
    if (proof == nullptr || proof->parts.empty()) return;
    if (kind_ == LiarKind::replay) {
      if (!old_proof_) old_proof_ = *proof;
      proof->parts = old_proof_->parts;
    } else if (rng_.chance(0.5)) {
      for (witness::ProofPart& part : proof->parts) part = proof->parts.front();
    } else {
      for (std::size_t i = 1; i < proof->parts.size(); ++i) {
        witness::ProofPart& part = proof->parts[i];
        part.attestation.content.signer = somebody();
        part.key = StandInSignatures::bundle_of(wire::peer_id_of(part.attestation.content.signer));
        sign(part.attestation);
      }
    }
    body = encode(*message);
  }

  Node& node_;
  LiarKind kind_;
  std::shared_ptr<const Gang> gang_;
  LiarConfig config_;
  Rng rng_;
  bool is_slandering_ = false;
  std::uint64_t last_request_ = UINT64_MAX;  // never the machine's own
  std::optional<witness::Response> first_word_;
  std::optional<witness::Proof> old_proof_;
  std::multimap<Instant, witness::Answer> late_;
};

}  // namespace

void make_witness_liar(Node& node, LiarKind kind, std::shared_ptr<const Gang> gang,
                       const LiarConfig& config, Rng rng) {
  if (node.wiring().witness() == nullptr) return;
  std::make_shared<WitnessLiar>(node, kind, std::move(gang), config, rng)->begin();
}

}  // namespace mycel::sim
