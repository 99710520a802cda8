#pragma once
// Marks a rare path that the simulator must reach. Outside the simulator nobody listens and a probe
// costs one load and a branch.

#include <string_view>

namespace mycel {

using ProbeListener = void (*)(std::string_view what);

/// Set once by the simulator, before any machine runs; `nullptr` when nobody listens.
inline ProbeListener probe_listener = nullptr;

/// `what` is a sentence that names the rare path: "two dials to one peer met".
inline void probe(std::string_view what) {
  if (probe_listener != nullptr) [[unlikely]]
    probe_listener(what);
}

}  // namespace mycel
