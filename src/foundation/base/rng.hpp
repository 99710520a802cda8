#pragma once
// Seeded randomness. Every machine owns one, forked from its node's root by name, so adding a draw
// in one machine never changes the choices of another. Not for secrets: keys and nonces that must
// be unguessable come from the `Entropy` port.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace mycel {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  /// An independent stream, fixed by this stream's seed and `name`.
  Rng fork(std::string_view name) const;

  std::uint64_t next() { return mix(state_ += 0x9e3779b97f4a7c15); }
  /// Uniform in [0, bound), without bias; `bound` is at least 1.
  std::uint64_t below(std::uint64_t bound);
  /// True with `probability` in [0, 1].
  bool chance(double probability) {
    return static_cast<double>(next() >> 11) * 0x1p-53 < probability;
  }
  void fill(std::span<std::byte> bytes);

  template <class Range>
  void shuffle(Range& range) {
    for (std::size_t left = range.size(); left > 1; --left) {
      using std::swap;
      swap(range[left - 1], range[static_cast<std::size_t>(below(left))]);
    }
  }

 private:
  static std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

}  // namespace mycel
