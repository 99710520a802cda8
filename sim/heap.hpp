#pragma once
// How much of the heap is in use.

#include <algorithm>
#include <cstdint>

#include <malloc.h>

namespace mycel::sim {

/// In bytes, as glibc's allocator counts. Sanitizers have one of their own: 0 there.
inline std::uint64_t heap_in_use() {
  return mallinfo2().uordblks;
}

/// How many bytes the heap loses when `drop()` is called.
template <class Drop>
std::uint64_t heap_freed_by(Drop&& drop) {
  const std::uint64_t before = heap_in_use();
  drop();
  return before - std::min(before, heap_in_use());
}

}  // namespace mycel::sim
