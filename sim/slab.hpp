#pragma once
// Many equal things, each with a small number, at an address that stays: taken and given back
// without asking the allocator.

#include <cstdint>
#include <memory>
#include <vector>

#include "foundation/base/check.hpp"

namespace mycel::sim {

/// No element has this number.
inline constexpr std::uint32_t nothing = UINT32_MAX;

template <class T>
class Slab {
 public:
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    if (size_ == chunks_.size() * chunk_size) chunks_.push_back(std::make_unique<T[]>(chunk_size));
    check(size_ < nothing, "more elements than numbers");
    return size_++;
  }
  /// The element keeps its value: who gives it back empties it.
  void give_back(std::uint32_t index) { free_.push_back(index); }

  T& operator[](std::uint32_t index) { return chunks_[index / chunk_size][index % chunk_size]; }
  const T& operator[](std::uint32_t index) const {
    return chunks_[index / chunk_size][index % chunk_size];
  }
  /// Every number below was taken at some time.
  std::uint32_t end() const { return size_; }
  std::size_t used() const { return size_ - free_.size(); }

 private:
  static constexpr std::size_t chunk_size = 256;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t size_ = 0;
};

}  // namespace mycel::sim
