#pragma once
// The clocks of one machine: they run fast or slow against the world's, and its calendar steps.

#include <cstdint>

#include "foundation/base/time.hpp"

namespace mycel::sim {

/// A value that outlives the process, as a machine's clocks do. The monotonic clock never goes
/// back; all is whole numbers, so that every compiler reads the same time.
class Clock {
 public:
  /// Crystals drift by tens of parts in a million, broken virtual machines by percents.
  static constexpr std::int64_t drift_max_ppm = 500'000;

  /// What the machine reads when the world reads `world`.
  Now read(Now world) const;
  /// The first world time at which the machine reads `local` or later; `never` when that is beyond
  /// any run.
  Instant world_time_of(Instant local) const;

  /// From `world` on the clock gains `ppm` parts in a million (or loses them); cut to
  /// `drift_max_ppm`. The calendar runs by the same crystal.
  void set_drift(std::int64_t ppm, Now world);
  /// The calendar jumps, forward or back; the monotonic clock knows nothing of it.
  void step_calendar(Duration by) { calendar_offset_ += by; }

  std::int64_t drift_ppm() const { return ppm_; }

 private:
  Instant local_of(Instant world) const;

  // Since the last change of the drift.
  Instant world_base_{};
  Instant local_base_{};
  std::int64_t ppm_ = 0;
  Duration calendar_offset_{};
};

}  // namespace mycel::sim
