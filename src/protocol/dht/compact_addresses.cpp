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

std::size_t size_at(const Bytes& all, std::size_t at) {
  return std::to_integer<std::size_t>(all.data()[at]);
}

}  // namespace

// Each address is one byte of length and then its bytes.
CompactAddresses::CompactAddresses(const std::vector<Multiaddr>& addresses) {
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

std::vector<Multiaddr> CompactAddresses::list() const {
  std::vector<Multiaddr> addresses;
  const Bytes all = Bytes::copy(blob());  // one block, which the addresses share
  std::size_t count = 0;
  for (std::size_t at = 0; at < all.size(); at += 1 + size_at(all, at)) count += 1;
  addresses.reserve(count);
  for (std::size_t at = 0; at < all.size(); at += 1 + size_at(all, at))
    addresses.emplace_back(all.slice(at + 1, size_at(all, at)));
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
