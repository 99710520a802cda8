#include "runtime/os/entropy.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/random.h>

#include "foundation/base/check.hpp"

#include "runtime/ports/entropy.hpp"

namespace mycel::os {

void SystemEntropy::fill(std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const auto count = ::getrandom(bytes.data(), bytes.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    check(count > 0, "the kernel gives no randomness");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

std::uint64_t random_seed(ports::Entropy& entropy) {
  std::uint64_t seed = 0;
  entropy.fill(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

}  // namespace mycel::os
