#pragma once
// A deterministic world: one virtual clock, one event queue, one seed, one fingerprint.

#include <cstdint>
#include <functional>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/deadlines.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"

#include "runtime/ports/timers.hpp"

namespace mycel::sim {

/// Everything that happened, folded in the order it happened. Two runs with one fingerprint did the
/// same, byte for byte.
class Fingerprint {
 public:
  void fold(std::uint64_t word) {
    state_ = (state_ ^ word) * 0x9fb21c651e98df25;
    state_ ^= state_ >> 32;
  }
  void fold(ByteView bytes);
  void fold(std::string_view text) { fold(as_bytes(text)); }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

class World final : public ports::Timers {
 public:
  explicit World(std::uint64_t seed) : rng_(Rng(seed).fork("world")) {}

  Now now() const override { return {now_, calendar_start + (now_ - Instant{})}; }
  ports::TimerId call_at(Instant due, std::function<void()> then) override {
    return ports::TimerId{events_.add(due < now_ ? now_ : due, std::move(then)).value()};
  }
  void cancel(ports::TimerId timer) override { events_.cancel(DeadlineId{timer.value()}); }

  /// Runs every event up to `end`, then stands at `end`.
  void run_until(Instant end);
  void run_for(Duration span) { run_until(now_ + span); }

  Rng fork(std::string_view name) const { return rng_.fork(name); }
  Fingerprint& fingerprint() { return fingerprint_; }
  /// Folds the time with the fact, so that the same facts at other times are another run.
  void note(std::uint64_t kind) {
    fingerprint_.fold(kind ^ static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  }
  std::uint64_t events_run() const { return events_run_; }

 private:
  // Every simulated run starts on the same day: 2026-01-01 00:00 UTC.
  static constexpr UnixTime calendar_start{CalendarClock::duration{1767225600000}};

  Instant now_{};
  Deadlines<std::function<void()>> events_;
  std::uint64_t events_run_ = 0;
  Fingerprint fingerprint_;
  Rng rng_;
};

}  // namespace mycel::sim
