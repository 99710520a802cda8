#include "protocol/dht/region.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mycel::dht {
namespace {

// To draw a key whose point shares so many bits takes 2^16 hashes: some milliseconds.
constexpr unsigned shared_bits_max = 16;
constexpr unsigned quarter_bits = 2;
static_assert(sweeps_per_region == std::size_t{1} << quarter_bits);
constexpr std::size_t drawn_key_bytes = 34;  // as long as a peer id's: nobody can tell them apart
constexpr std::array multihash_head{std::byte{0x12}, std::byte{0x20}};

}  // namespace

std::vector<Bytes> keys_in_region(const Key& target, const Distance& radius, Rng& rng) {
  const unsigned bits = std::min(radius.leading_zero_bits() + quarter_bits, shared_bits_max);
  const unsigned shift = 64 - bits;
  const std::uint64_t region = target.words[0] >> shift >> quarter_bits;
  std::array<Bytes, sweeps_per_region> keys;
  std::size_t missing = keys.size();
  std::array<std::byte, drawn_key_bytes> drawn{};
  std::ranges::copy(multihash_head, drawn.begin());
  for (std::uint64_t draws = std::uint64_t{8} << bits; missing > 0 && draws > 0; --draws) {
    rng.fill(std::span(drawn).subspan(multihash_head.size()));
    const std::uint64_t head = Key::of(ByteView(drawn)).words[0] >> shift;
    if (head >> quarter_bits != region) continue;
    Bytes& key = keys[static_cast<std::size_t>(head) % sweeps_per_region];
    if (!key.empty()) continue;
    key = Bytes::copy(ByteView(drawn));
    missing -= 1;
  }
  std::vector<Bytes> found;
  for (Bytes& key : keys)
    if (!key.empty()) found.push_back(std::move(key));
  return found;
}

}  // namespace mycel::dht
