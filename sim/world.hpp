#pragma once
// A deterministic world: one virtual clock, one event queue, one seed, one fingerprint.

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/rng.hpp"
#include "foundation/base/time.hpp"

#include "runtime/ports/timers.hpp"

#include "sim/event_queue.hpp"

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

/// Who hears of events that are so many that a call for each would cost too much.
class EventSink {
 public:
  virtual void on_event(std::uint64_t item) = 0;

 protected:
  ~EventSink() = default;
};

class World final : public ports::Timers {
 public:
  explicit World(std::uint64_t seed) : rng_(Rng(seed).fork("world")) {}

  Now now() const override { return {now_, calendar_start + (now_ - Instant{})}; }
  ports::TimerId call_at(Instant due, std::function<void()> then) override {
    return ports::TimerId{events_.add(due < now_ ? now_ : due, std::move(then))};
  }
  void cancel(ports::TimerId timer) override { events_.cancel(timer.value()); }

  using SinkId = Strong<struct SinkIdTag, std::uint8_t>;
  /// `sink` lives as long as this world runs.
  SinkId add(EventSink& sink);
  /// Tells the sink of `item`, a number below 2^56, at `due`. It cannot be taken back.
  void post(Instant due, SinkId sink, std::uint64_t item) {
    events_.post(due < now_ ? now_ : due, std::uint64_t{sink.value()} << item_bits | item);
  }

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
  std::size_t events_waiting() const { return events_.size(); }

 private:
  // Every simulated run starts on the same day: 2026-01-01 00:00 UTC.
  static constexpr UnixTime calendar_start{CalendarClock::duration{1767225600000}};

  static constexpr int item_bits = 56;
  static constexpr std::uint64_t item_mask = (std::uint64_t{1} << item_bits) - 1;

  Instant now_{};
  EventQueue events_;
  std::vector<EventSink*> sinks_;
  std::uint64_t events_run_ = 0;
  Fingerprint fingerprint_;
  Rng rng_;
};

}  // namespace mycel::sim
