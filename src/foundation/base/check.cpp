#include "foundation/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace mycel {

void broken_invariant(const char* why, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, why);
  std::abort();
}

}  // namespace mycel
