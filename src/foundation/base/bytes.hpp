#pragma once
// Bytes that many may hold and nobody may change: a received frame is stored once and sliced by
// whoever needs a part of it.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mycel {

using ByteView = std::span<const std::byte>;

/// Shared, immutable bytes. Copying shares; slice() shares too and keeps the whole alive. Being a
/// contiguous range, they convert to a ByteView by themselves.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::vector<std::byte> bytes);

  /// A copy of `view`.
  static Bytes copy(ByteView view);
  static Bytes copy(std::string_view text);

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::byte* begin() const { return data_; }
  const std::byte* end() const { return data_ + size_; }
  ByteView view() const { return {data_, size_}; }

  /// `count` bytes from `offset`; both are cut to what is there.
  Bytes slice(std::size_t offset, std::size_t count = SIZE_MAX) const;

  friend bool operator==(const Bytes& a, const Bytes& b);
  friend std::strong_ordering operator<=>(const Bytes& a, const Bytes& b);

 private:
  std::shared_ptr<const void> owner_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The bytes of a text, without copying; `text` must outlive the view.
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
/// The text that these bytes spell, without copying; not checked to be UTF-8.
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline void append(std::vector<std::byte>& to, ByteView bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

bool equal(ByteView a, ByteView b);
/// Byte by byte, a shorter prefix first.
std::strong_ordering compare(ByteView a, ByteView b);

/// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);

}  // namespace mycel
