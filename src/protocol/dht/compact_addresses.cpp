#include "protocol/dht/compact_addresses.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

namespace mycel::dht {
namespace {

constexpr std::size_t inside_max = 15;
constexpr std::byte in_block{0xff};
constexpr std::size_t block_head_size = sizeof(std::uint16_t);  // a block starts with its length

}  // namespace

// Each address is one byte of length and then its bytes.
CompactAddresses::CompactAddresses(const Addresses& addresses) {
  std::array<std::byte, count_max * (1 + address_size_max_bytes)> blob;
  std::size_t size = 0;
  std::size_t count = 0;
  for (const Multiaddr& address : addresses) {
    const ByteView bytes = address.binary();
    if (bytes.empty() || bytes.size() > address_size_max_bytes) continue;
    blob[size] = static_cast<std::byte>(bytes.size());
    std::ranges::copy(bytes, blob.begin() + static_cast<std::ptrdiff_t>(size) + 1);
    size += 1 + bytes.size();
    if (++count == count_max) break;
  }
  store({blob.data(), size});
}

CompactAddresses::CompactAddresses(const CompactAddresses& other) {
  store(other.blob());
}
CompactAddresses::CompactAddresses(CompactAddresses&& other) noexcept
    : storage_(std::exchange(other.storage_, {})) {}
CompactAddresses& CompactAddresses::operator=(CompactAddresses other) noexcept {
  std::swap(storage_, other.storage_);
  return *this;
}
CompactAddresses::~CompactAddresses() {
  if (storage_.back() == in_block) delete[] block();
}

Addresses CompactAddresses::list() const {
  Addresses addresses;
  for (ByteView rest = blob(); !rest.empty();) {
    const auto size = std::to_integer<std::size_t>(rest[0]);
    addresses.emplace_back(rest.subspan(1, size));
    rest = rest.subspan(1 + size);
  }
  return addresses;
}

ByteView CompactAddresses::blob() const {
  if (storage_.back() != in_block)
    return {storage_.data(), std::to_integer<std::size_t>(storage_.back())};
  std::uint16_t size = 0;
  std::memcpy(&size, block(), sizeof size);
  return {block() + block_head_size, size};
}

void CompactAddresses::store(ByteView blob) {
  if (blob.size() <= inside_max) {
    std::ranges::copy(blob, storage_.begin());
    storage_.back() = static_cast<std::byte>(blob.size());
    return;
  }
  const auto size = static_cast<std::uint16_t>(blob.size());
  auto* const block = new std::byte[block_head_size + blob.size()];
  std::memcpy(block, &size, sizeof size);
  std::ranges::copy(blob, block + block_head_size);
  std::memcpy(storage_.data(), static_cast<const void*>(&block), sizeof block);
  storage_.back() = in_block;
}

std::byte* CompactAddresses::block() const {
  std::byte* block = nullptr;
  std::memcpy(static_cast<void*>(&block), storage_.data(), sizeof block);
  return block;
}

}  // namespace mycel::dht
