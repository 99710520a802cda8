#include "foundation/base/bytes.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mycel {

Bytes::Bytes(std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  data_ = owner->data();
  size_ = owner->size();
  owner_ = std::move(owner);
}

Bytes Bytes::copy(ByteView view) {
  if (view.empty()) return {};
  // One block holds the count of owners and the bytes.
  auto owner = std::make_shared_for_overwrite<std::byte[]>(view.size());
  std::memcpy(owner.get(), view.data(), view.size());
  Bytes bytes;
  bytes.data_ = owner.get();
  bytes.size_ = view.size();
  bytes.owner_ = std::move(owner);
  return bytes;
}

Bytes Bytes::copy(std::string_view text) {
  return copy(as_bytes(text));
}

Bytes Bytes::slice(std::size_t offset, std::size_t count) const {
  Bytes part = *this;
  offset = std::min(offset, size_);
  part.data_ += offset;
  part.size_ = std::min(count, size_ - offset);
  return part;
}

bool operator==(const Bytes& a, const Bytes& b) {
  return equal(a, b);
}
std::strong_ordering operator<=>(const Bytes& a, const Bytes& b) {
  return compare(a, b);
}

bool equal(ByteView a, ByteView b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::strong_ordering compare(ByteView a, ByteView b) {
  const std::size_t shared = std::min(a.size(), b.size());
  const int order = shared == 0 ? 0 : std::memcmp(a.data(), b.data(), shared);
  if (order != 0) return order <=> 0;
  return a.size() <=> b.size();
}

std::string to_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text.push_back(digits[std::to_integer<unsigned>(byte) >> 4]);
    text.push_back(digits[std::to_integer<unsigned>(byte) & 15]);
  }
  return text;
}

}  // namespace mycel
