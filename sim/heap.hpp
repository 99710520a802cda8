#pragma once
// How much of the heap is in use.

#include <cstdint>

#include <malloc.h>

namespace mycel::sim {

/// In bytes, as glibc's allocator counts. Sanitizers have one of their own: 0 there.
inline std::uint64_t heap_in_use() {
  return mallinfo2().uordblks;
}

}  // namespace mycel::sim
