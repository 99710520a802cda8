#pragma once
// A run as lines that explain themselves: what the plan is, what happened when, and before each
// violation's line what its node had lived through.

#include <cstddef>
#include <deque>
#include <set>
#include <string>

#include "sim/reduction.hpp"
#include "sim/trace.hpp"

namespace mycel::sim {

/// "12.345 s".
std::string seconds_text(Duration span);
/// What it does to whom, from when to when: "cut: nothing passes between n2 and n5, from +4.000 s
/// for 2.000 s". Times count from the begin of the safety phase.
std::string describe(const Fault& fault);
std::string describe(const Liar& liar);
/// The plan as a list; faults and liars under the numbers that --keep-faults takes.
std::string describe(const Reduced& reduced);

/// Turns events into lines, one or more for each, each with its line break.
class TraceText {
 public:
  explicit TraceText(const Reduced& reduced) : reduced_(reduced) {}

  std::string line(const TraceEvent& event);

 private:
  std::string text_of(const TraceEvent& event) const;
  std::string context(const TraceEvent& violation) const;

  const Reduced& reduced_;
  std::set<std::uint32_t> active_;  // faults
  std::deque<TraceEvent> recent_;
};

}  // namespace mycel::sim
