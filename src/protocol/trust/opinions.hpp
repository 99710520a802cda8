#pragma once
// What this node thinks of peers by its own experience. Nobody is told and nobody is asked: slander
// has no way in. Every fault weighs the same; half of the weight is forgotten in each hour, towards
// the neutral value, so that a peer that was unlucky is not lost.

#include <algorithm>
#include <cstdint>
#include <map>

#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::trust {

/// Thousandths: 0 is not at all.
using Score = Strong<struct TrustScoreTag, std::uint16_t>;
inline constexpr Score score_neutral{500};
inline constexpr Score score_convicted{0};
/// Below it a peer is not listened to, as a witness or with evidence.
inline constexpr Score score_heard{300};

class Opinions {
 public:
  /// As many peers as there can be connections; then whoever is thought best of is forgotten.
  static constexpr std::size_t size_max = 4096;
  /// Two faults within the hour, and a peer witnesses nothing for this node (below 300).
  static constexpr std::uint32_t fault_weight = 150;
  static constexpr std::uint32_t weight_max = 450;
  static constexpr Duration half_life = 1h;

  void on_fault(Instant now, const PeerId& peer) {
    const std::uint32_t weight = std::min(weight_of(now, peer) + fault_weight, weight_max);
    if (faults_.size() == size_max && !faults_.contains(peer)) forget_lightest(now);
    faults_[peer] = {weight, now};
  }
  Score of(Instant now, const PeerId& peer) const {
    return Score{static_cast<std::uint16_t>(score_neutral.value() - weight_of(now, peer))};
  }
  std::size_t size() const { return faults_.size(); }

 private:
  struct Fault {
    std::uint32_t weight = 0;
    Instant since{};
  };

  static std::uint32_t faded(Instant now, const Fault& fault) {
    const auto halvings = std::max<Duration::rep>((now - fault.since) / half_life, 0);
    return halvings < 32 ? fault.weight >> halvings : 0;
  }
  std::uint32_t weight_of(Instant now, const PeerId& peer) const {
    const auto known = faults_.find(peer);
    return known == faults_.end() ? 0 : faded(now, known->second);
  }
  void forget_lightest(Instant now) {
    faults_.erase(std::ranges::min_element(
        faults_, {}, [now](const auto& each) { return faded(now, each.second); }));
  }

  std::map<PeerId, Fault> faults_;
};

}  // namespace mycel::trust
