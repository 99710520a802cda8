#include "sim/clock.hpp"

#include <algorithm>

namespace mycel::sim {
namespace {

constexpr std::int64_t million = 1'000'000;
/// Ten years: no run is longer, and no product below overflows.
constexpr Duration span_max = 10 * 365 * 24h;

}  // namespace

// In two parts, because nanoseconds times a million do not fit. Rounding the parts towards zero
// keeps the clock from going back: a part gains less than the nanosecond that passed.
Instant Clock::local_of(Instant world) const {
  const Duration::rep passed = (world - world_base_).count();
  const Duration::rep gained = passed / million * ppm_ + passed % million * ppm_ / million;
  return local_base_ + Duration{passed + gained};
}

Now Clock::read(Now world) const {
  const Instant local = local_of(world.instant);
  const UnixTime calendar_start = world.unix - world.instant.time_since_epoch();
  return {local, calendar_start + (local.time_since_epoch() + calendar_offset_)};
}

Instant Clock::world_time_of(Instant local) const {
  if (local <= local_base_) return world_base_;
  const Duration ahead = local - local_base_;
  if (ahead > span_max) return never;
  const Duration::rep rate = million + ppm_;
  const Duration::rep passed =
      ahead.count() / rate * million + ahead.count() % rate * million / rate;
  // The division above is exact to a few nanoseconds; the clock itself decides.
  Instant world = world_base_ + Duration{passed};
  while (local_of(world) < local) world += 1ns;
  while (world > world_base_ && local_of(world - 1ns) >= local) world -= 1ns;
  return world;
}

void Clock::set_drift(std::int64_t ppm, Now world) {
  local_base_ = local_of(world.instant);
  world_base_ = world.instant;
  ppm_ = std::clamp(ppm, -drift_max_ppm, drift_max_ppm);
}

}  // namespace mycel::sim
