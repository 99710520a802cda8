#pragma once
// Values of fixed length, one after another: every message here has exactly one spelling, so what
// is signed needs no length prefixes and cannot be read in two ways. Numbers are big-endian.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::dht::witness {

/// What a signature or a hash is for stands before it in so many bytes, filled up with zeros.
inline constexpr std::size_t tag_size_bytes = 32;

class FixedWriter {
 public:
  explicit FixedWriter(std::size_t size) { bytes_.reserve(size); }

  FixedWriter& tag(std::string_view text) {
    check(text.size() <= tag_size_bytes, "a tag has room for its text");
    append(bytes_, as_bytes(text));
    bytes_.resize(bytes_.size() + tag_size_bytes - text.size());
    return *this;
  }
  FixedWriter& number(std::uint64_t value, std::size_t size) {
    for (std::size_t i = size; i-- > 0;) bytes_.push_back(static_cast<std::byte>(value >> (8 * i)));
    return *this;
  }
  FixedWriter& bytes(ByteView view) {
    append(bytes_, view);
    return *this;
  }

  Bytes take() { return Bytes(std::move(bytes_)); }

 private:
  std::vector<std::byte> bytes_;
};

/// Reads what FixedWriter wrote. After the first fault everything reads as zero; finish() tells.
class FixedReader {
 public:
  explicit FixedReader(ByteView bytes) : rest_(bytes) {}

  ByteView bytes(std::size_t size) {
    if (size > rest_.size()) {
      fail(wire::Fault::truncated);
      return {};
    }
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  template <std::size_t size>
  std::array<std::byte, size> array() {
    std::array<std::byte, size> value{};
    std::ranges::copy(bytes(size), value.begin());
    return value;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::byte byte : bytes(size)) value = value << 8 | std::to_integer<unsigned>(byte);
    return value;
  }
  /// One byte, 0 or 1.
  bool flag() {
    const std::uint64_t value = number(1);
    if (value > 1) fail(wire::Fault::not_canonical);
    return value == 1;
  }
  void tag(std::string_view text) {
    const ByteView found = bytes(tag_size_bytes);
    if (found.size() != tag_size_bytes) return;
    const bool is_padded = std::ranges::all_of(found.subspan(text.size()),
                                               [](std::byte byte) { return byte == std::byte{}; });
    if (!equal(found.first(text.size()), as_bytes(text)) || !is_padded)
      fail(wire::Fault::unknown_kind);
  }
  /// `size` bytes that must be zero: the unused room of a value.
  void zeros(std::size_t size) {
    if (!std::ranges::all_of(bytes(size), [](std::byte byte) { return byte == std::byte{}; }))
      fail(wire::Fault::not_canonical);
  }
  void fail(wire::Fault fault) {
    if (!fault_) fault_ = fault;
    rest_ = {};
  }

  bool ok() const { return !fault_; }
  std::size_t left() const { return rest_.size(); }
  /// `value`, if all bytes were read and none was wrong.
  template <class T>
  Result<T, wire::Fault> finish(T value) const {
    if (fault_) return Err{*fault_};
    if (!rest_.empty()) return Err{wire::Fault::trailing_bytes};
    return value;
  }

 private:
  ByteView rest_;
  std::optional<wire::Fault> fault_;
};

}  // namespace mycel::dht::witness
