#pragma once
// Randomness that nobody can guess: seeds and nonces.

#include <cstddef>
#include <span>

namespace mycel::ports {

class Entropy {
 public:
  virtual void fill(std::span<std::byte> bytes) = 0;

 protected:
  ~Entropy() = default;
};

}  // namespace mycel::ports
