#include "protocol/agents/card_watch.hpp"

#include <algorithm>
#include <utility>

namespace mycel::agents {

CardWatch::CardWatch(std::string did, const WatchConfig& config, Rng rng)
    : did_(std::move(did)), config_(config), rng_(rng), wait_(config.wait_min) {}

Result<std::optional<Edition>, Refused> CardWatch::on_found(UnixTime now, ByteView envelope) {
  const auto card = verify_card(envelope, now, did_);
  if (!card) return Err{card.error()};
  const Head head = head_of(card->statement());
  std::uint64_t skipped = 0;
  if (known_) {
    if (const auto follows = check_succession(*known_, card->statement()); !follows)
      return Err{follows.error()};
    if (known_->payload_hash == head.payload_hash) return std::optional<Edition>{};
    // A fork has one number twice.
    if (head.sequence > known_->sequence) skipped = head.sequence - known_->sequence - 1;
  }
  known_ = head;
  wait_ = config_.wait_min;
  return std::optional<Edition>{Edition{.card = *card, .skipped = skipped}};
}

Duration CardWatch::next_wait() {
  const Duration wait = wait_;
  wait_ = std::min(wait_ * 2, config_.wait_max);
  const auto quarter = static_cast<std::uint64_t>(std::max<Duration::rep>(wait.count() / 4, 1));
  return wait - Duration(static_cast<Duration::rep>(rng_.below(quarter)));
}

}  // namespace mycel::agents
