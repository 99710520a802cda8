#pragma once
// Both clocks, and calls that come later.

#include <cstdint>
#include <functional>

#include "foundation/base/strong.hpp"
#include "foundation/base/time.hpp"

namespace mycel::ports {

/// Names one call that is due later. The default value names none.
using TimerId = Strong<struct TimerIdTag, std::uint64_t>;

class Timers {
 public:
  virtual Now now() const = 0;
  /// Calls `then` once, not before `due`. Equal deadlines run in the order they were asked for.
  virtual TimerId call_at(Instant due, std::function<void()> then) = 0;
  /// Forgets that call and frees what it holds. Cancelling one that ran does nothing.
  virtual void cancel(TimerId timer) = 0;

 protected:
  ~Timers() = default;
};

}  // namespace mycel::ports
