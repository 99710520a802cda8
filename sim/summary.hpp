#pragma once
// The outcome of a run, for people.

#include <cstdint>
#include <string>

#include "sim/run.hpp"

namespace mycel::sim {

/// Sixteen hexadecimal digits, as golden files hold them.
std::string fingerprint_text(std::uint64_t fingerprint);
/// "12.3k", "4.56M": for numbers that are read and not compared.
std::string short_number(double number);

/// One line: how it went, how large it was, how fast.
std::string headline(const Plan& plan, const Outcome& outcome, double wall_s);
/// What happened in it: faults, operations with their costs, rare paths. Several lines.
std::string details(const Outcome& outcome);
/// One line for each violation, and in the end `repeat`: what to paste to see it again.
std::string violations(const Outcome& outcome, const std::string& repeat);

}  // namespace mycel::sim
