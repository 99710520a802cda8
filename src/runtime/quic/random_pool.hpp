#pragma once
// Unguessable bytes in small portions, without a system call for each.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "runtime/ports/entropy.hpp"

namespace mycel::quic {

class RandomPool {
 public:
  explicit RandomPool(ports::Entropy& entropy) : entropy_(&entropy) {}

  void fill(std::uint8_t* to, std::size_t count) {
    while (count > 0) {
      if (used_ == pool_.size()) {
        entropy_->fill(pool_);
        used_ = 0;
      }
      const std::size_t part = std::min(count, pool_.size() - used_);
      std::memcpy(to, pool_.data() + used_, part);
      // What was handed out is not kept: it may be a connection id that must stay unlinkable.
      std::memset(pool_.data() + used_, 0, part);
      used_ += part;
      to += part;
      count -= part;
    }
  }
  template <std::size_t size>
  void fill(std::array<std::uint8_t, size>& to) {
    fill(to.data(), size);
  }

 private:
  ports::Entropy* entropy_;
  std::array<std::byte, 512> pool_{};
  std::size_t used_ = pool_.size();
};

}  // namespace mycel::quic
