#include "foundation/base/rng.hpp"

#include "foundation/base/check.hpp"

namespace mycel {

Rng Rng::fork(std::string_view name) const {
  std::uint64_t hash = state_ ^ 0xcbf29ce484222325;  // FNV-1a over the name
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return Rng(mix(hash));
}

// Lemire's multiply-shift with rejection. Source: arXiv 1805.10941.
std::uint64_t Rng::below(std::uint64_t bound) {
  check(bound > 0, "a draw needs at least one outcome");
  auto product = static_cast<unsigned __int128>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < threshold)
      product = static_cast<unsigned __int128>(next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64);
}

void Rng::fill(std::span<std::byte> bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    std::uint64_t word = next();
    for (int byte = 0; byte < 8 && i < bytes.size(); ++byte, word >>= 8)
      bytes[i++] = static_cast<std::byte>(word);
  }
}

}  // namespace mycel
