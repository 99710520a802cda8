#pragma once
// The kernel's randomness.

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/ports/entropy.hpp"

namespace mycel::os {

/// getrandom(2). Waits only in the first moments after boot, until the kernel has gathered enough.
class SystemEntropy final : public ports::Entropy {
 public:
  void fill(std::span<std::byte> bytes) override;
};

/// A seed for `Rng`.
std::uint64_t random_seed(ports::Entropy& entropy);

}  // namespace mycel::os
