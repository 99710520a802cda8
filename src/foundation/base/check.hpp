#pragma once
// Invariants of our own code. Always compiled in. Never used on anything a peer can influence.

namespace mycel {

/// Prints where and why, then aborts. Out of line, so that check() stays one compare and branch.
[[noreturn]] void broken_invariant(const char* why, const char* file, int line);

inline void check(bool invariant, const char* why, const char* file = __builtin_FILE(),
                  int line = __builtin_LINE()) {
  if (!invariant) [[unlikely]]
    broken_invariant(why, file, line);
}

}  // namespace mycel
