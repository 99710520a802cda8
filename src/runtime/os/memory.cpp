#include "runtime/os/memory.hpp"

#include <cstdint>
#include <cstdlib>  // defines __GLIBC__ where the C library is that one

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#endif

namespace mycel::os {

void keep_freed_memory() {
#ifdef __GLIBC__
  constexpr int kept_max_bytes = 4 << 20;           // twice what one system call may receive
  constexpr int mapped_at_least_bytes = 128 << 10;  // below this, memory comes from the heap
  ::mallopt(M_TRIM_THRESHOLD, kept_max_bytes);
  ::mallopt(M_MMAP_THRESHOLD, mapped_at_least_bytes);
#endif
}

// One great piece, taken and given back, is where the allocator then takes all others from.
void reserve_huge_pages([[maybe_unused]] std::size_t bytes) {
#ifdef __GLIBC__
  constexpr int never_give_back = -1, mappings_max = 65536;  // the latter is what glibc begins with
  ::mallopt(M_TRIM_THRESHOLD, never_give_back);
  ::mallopt(M_MMAP_MAX, 0);  // of the heap, which lies in one piece
  if (void* const piece = std::malloc(bytes)) {
    constexpr std::uintptr_t page_size_bytes = 4096;
    const auto begin = reinterpret_cast<std::uintptr_t>(piece);
    const std::uintptr_t aligned = (begin + page_size_bytes - 1) & ~(page_size_bytes - 1);
    ::madvise(reinterpret_cast<void*>(aligned), begin + bytes - aligned, MADV_HUGEPAGE);
    std::free(piece);
  }
  ::mallopt(M_MMAP_MAX, mappings_max);
#endif
}

}  // namespace mycel::os
