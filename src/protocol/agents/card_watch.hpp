#pragma once
// Follows the editions of one DID's card, for somebody who asks for it again and again. Whoever
// owns the watch asks, tells it what was found, and waits next_wait() before asking once more. It
// takes nobody's word: every edition is verified from its signed bytes, must continue the one
// before it, and is told once; an older one is never told after a newer one.

#include <cstdint>
#include <optional>
#include <string>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"

#include "protocol/agents/signed_card.hpp"

namespace mycel::agents {

struct WatchConfig {
  Duration wait_min = 2s;    ///< after news
  Duration wait_max = 1min;  ///< where the doubling ends when there is none
};

/// A card that was not told before.
struct Edition {
  VerifiedCard card;
  /// Statements between this one and the last that was told, which nobody saw.
  std::uint64_t skipped = 0;
};

class CardWatch {
 public:
  CardWatch(std::string did, const WatchConfig& config, Rng rng);

  /// What a look-up brought: the next edition, or none when it was told already. Refuses what
  /// verify_card() and check_succession() refuse, and then goes on with what it knew.
  Result<std::optional<Edition>, Refused> on_found(UnixTime now, ByteView envelope);

  /// How long to wait before the next look-up: twice as long as the last time unless there was news
  /// since, and up to a quarter less, so that many watchers do not ask at once.
  Duration next_wait();

  const std::string& did() const { return did_; }

 private:
  std::string did_;
  WatchConfig config_;
  Rng rng_;
  std::optional<Head> known_;
  Duration wait_{};
};

}  // namespace mycel::agents
