#include "runtime/os/memory.hpp"

#include <cstdlib>  // defines __GLIBC__ where the C library is that one

#ifdef __GLIBC__
#include <malloc.h>
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

}  // namespace mycel::os
