#pragma once
// A part of a drawn plan, in the numbers that the draw gave: what the shrinker leaves, and what the
// options --without-nodes, --keep-faults, --keep-liars and --safety say.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/result.hpp"

#include "sim/plan.hpp"

namespace mycel::sim {

using Numbers = std::vector<std::uint32_t>;  ///< ascending

struct Reduction {
  Numbers without_nodes;
  std::optional<Numbers> faults;   ///< these alone; nothing: all
  std::optional<Numbers> liars;    ///< the same
  std::optional<Duration> safety;  ///< instead of what the scenario says
};

/// A run of fewer nodes says little: there would be nobody between two.
inline constexpr std::uint32_t nodes_min = 3;

struct Reduced {
  Plan plan;       ///< nodes are numbered from zero again
  Numbers faults;  ///< for each fault of the plan, its number in the draw
  Numbers liars;
  Numbers nodes;
};
/// Faults and liars whose node is gone are gone as well.
Reduced reduce(const Plan& drawn, const Reduction& reduction);

/// "0,3,5..9", or "none"; ascending and without repetitions. The error says what is wrong.
Result<Numbers, std::string> parse_numbers(std::string_view text);
std::string to_text(const Numbers& numbers);

/// As options of `mycel sim run`: " --keep-faults 0,3", or nothing.
std::string to_options(const Reduction& reduction);

/// Which of its two fields a kind of fault uses.
bool has_node(FaultKind kind);
bool has_other(FaultKind kind);

}  // namespace mycel::sim
