#pragma once
// What happened in a run, as a list: for people (--trace), for pictures (--plot) and for the
// shrinker's report. Nothing is kept unless somebody asks.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "foundation/base/time.hpp"

namespace mycel::sim {

enum class TraceKind : std::uint8_t {
  phase,         // "joining", "safety", "converging": text
  node_up,       // node
  node_down,     // node; text says how
  fault_begins,  // node, other; text names it with its index
  fault_ends,
  connected,     // node, other
  disconnected,  // node, other
  lookup,        // node; `since` is when it began, text what it was for and how it ended
  delivery,      // node, other: only in full traces
  note,          // text
  violation,     // text
};

struct TraceEvent {
  TraceKind kind = TraceKind::note;
  Instant at{};
  std::optional<std::uint32_t> node = {};
  std::optional<std::uint32_t> other = {};
  Instant since{};
  std::string text = {};
  std::optional<std::uint32_t> fault = {};  ///< of fault_begins and fault_ends: its index
  bool is_failed = false;                   ///< of lookup: it did not end well
};

/// Hears every event of a run, in order; empty when nobody listens.
using Trace = std::function<void(const TraceEvent&)>;

}  // namespace mycel::sim
