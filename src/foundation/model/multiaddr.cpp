#include "foundation/model/multiaddr.hpp"

#include <cstdint>
#include <cstring>
#include <utility>

#include "foundation/base/check.hpp"

namespace mycel {
namespace {

using BlockSize = std::uint32_t;

}  // namespace

Multiaddr& Multiaddr::operator=(Multiaddr&& other) noexcept {
  std::swap(storage_, other.storage_);
  return *this;
}

ByteView Multiaddr::binary() const {
  if (storage_.back() != in_block)
    return {storage_.data(), std::to_integer<std::size_t>(storage_.back())};
  BlockSize size = 0;
  std::memcpy(&size, block(), sizeof size);
  return {block() + sizeof size, size};
}

void Multiaddr::store(ByteView binary) {
  if (binary.size() <= inside_max) {
    if (!binary.empty()) std::memcpy(storage_.data(), binary.data(), binary.size());
    storage_.back() = static_cast<std::byte>(binary.size());
    return;
  }
  check(binary.size() <= UINT32_MAX, "an address is shorter than its length can say");
  const auto size = static_cast<BlockSize>(binary.size());
  auto* const block = new std::byte[sizeof size + binary.size()];
  std::memcpy(block, &size, sizeof size);
  std::memcpy(block + sizeof size, binary.data(), binary.size());
  std::memcpy(storage_.data(), static_cast<const void*>(&block), sizeof block);
  storage_.back() = in_block;
}

void Multiaddr::release() {
  if (storage_.back() == in_block) delete[] block();
}

std::byte* Multiaddr::block() const {
  std::byte* block = nullptr;
  std::memcpy(static_cast<void*>(&block), storage_.data(), sizeof block);
  return block;
}

}  // namespace mycel
