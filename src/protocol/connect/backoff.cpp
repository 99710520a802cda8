#include "protocol/connect/backoff.hpp"

#include <algorithm>

namespace mycel::connect {

Duration backoff(const BackoffConfig& config, std::uint32_t failures, Rng& rng) {
  constexpr std::uint32_t doublings_max = 20;
  Duration pause = config.first;
  for (std::uint32_t i = 1; i < std::min(failures, doublings_max) && pause < config.longest; ++i)
    pause *= 2;
  pause = std::min(pause, config.longest);
  const auto half = static_cast<std::uint64_t>(pause.count()) / 2;
  return Duration(static_cast<Duration::rep>(half + rng.below(half + 1)));
}

Instant Backoffs::on_failure(Instant now, const PeerId& peer, std::vector<AddressFailure> failures,
                             Rng& rng) {
  const auto [found, is_new] = peers_.try_emplace(peer);
  Pause& pause = found->second;
  if (!is_new) by_end_.erase({pause.until, peer});
  // What failed long ago says nothing about today.
  if (now - pause.until > config_.longest) pause.failures = 0;
  pause.failures += 1;
  pause.until = now + backoff(config_, pause.failures, rng);
  if (failures.size() > failures_kept_max) failures.resize(failures_kept_max);
  pause.last = std::move(failures);
  const Instant until = pause.until;
  by_end_.emplace(until, peer);
  if (peers_.size() > peers_max_) {
    peers_.erase(by_end_.begin()->second);
    by_end_.erase(by_end_.begin());
  }
  return until;
}

void Backoffs::on_success(const PeerId& peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  by_end_.erase({found->second.until, peer});
  peers_.erase(found);
}

const Backoffs::Pause* Backoffs::pause_of(Instant now, const PeerId& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second.until <= now) return nullptr;
  return &found->second;
}

}  // namespace mycel::connect
