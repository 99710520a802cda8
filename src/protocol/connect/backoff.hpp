#pragma once
// How long to leave a peer alone after it could not be reached: twice as long each time, up to a
// limit, with jitter, so that the many who lost one peer do not all come back at once.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"

#include "protocol/connect/output.hpp"

namespace mycel::connect {

struct BackoffConfig {
  Duration first = 2s;
  Duration longest = 5min;
};

/// The pause after `failures` failures in a row (at least 1): between half and all of
/// first * 2^(failures - 1), at most `longest`.
Duration backoff(const BackoffConfig& config, std::uint32_t failures, Rng& rng);

/// Peers that failed lately. Bounded: the one whose pause ends first is forgotten first.
class Backoffs {
 public:
  explicit Backoffs(BackoffConfig config = {}, std::size_t peers_max = 2048)
      : config_(config), peers_max_(peers_max) {}

  struct Pause {
    Instant until{};
    std::uint32_t failures = 0;  ///< in a row
    /// What the last attempt met, at most `failures_kept_max` of it.
    std::vector<AddressFailure> last;
  };
  static constexpr std::size_t failures_kept_max = 4;

  /// Returns when the pause is over.
  Instant on_failure(Instant now, const PeerId& peer, std::vector<AddressFailure> failures,
                     Rng& rng);
  void on_success(const PeerId& peer);
  /// The pause that `peer` is in, or none.
  const Pause* pause_of(Instant now, const PeerId& peer) const;
  std::size_t size() const { return peers_.size(); }

 private:
  BackoffConfig config_;
  std::size_t peers_max_;
  std::map<PeerId, Pause> peers_;
  std::set<std::pair<Instant, PeerId>> by_end_;
};

}  // namespace mycel::connect
