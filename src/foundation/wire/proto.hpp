#pragma once
// Protobuf fields, read without copying and written without generated code. Reading never throws
// and never allocates: a decoder loops over fields, takes what it knows and skips the rest.
// Source: Protocol Buffers encoding; the work is done by protozero.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// One field of a message. `bytes` points into the message that is being read.
struct ProtoField {
  enum class Kind : std::uint8_t { number, bytes };

  std::uint32_t id = 0;
  Kind kind = Kind::number;
  std::uint64_t number = 0;  ///< varint and fixed fields
  ByteView bytes;            ///< length-delimited fields

  /// This field under `field`, of that kind? A known id of another wire type is not a match.
  bool is_number(std::uint32_t field) const { return id == field && kind == Kind::number; }
  bool is_bytes(std::uint32_t field) const { return id == field && kind == Kind::bytes; }
};

/// Reads the fields of one message in the order they stand.
///   ProtoReader reader(bytes);
///   while (const auto field = reader.next()) { if (field->is_bytes(1)) key = field->bytes; ... }
///   if (!reader.ok()) return Err{Fault::malformed};
class ProtoReader {
 public:
  explicit ProtoReader(ByteView message) : rest_(message) {}

  /// The next field, or none at the end of the message and at the first malformed byte.
  std::optional<ProtoField> next();
  /// False once malformed bytes were met.
  bool ok() const { return ok_; }

 private:
  ByteView rest_;
  bool ok_ = true;
};

/// Writes fields in the order of the calls. Numbers are varints.
class ProtoWriter {
 public:
  ProtoWriter& number(std::uint32_t field, std::uint64_t value);
  ProtoWriter& bytes(std::uint32_t field, ByteView value);
  ProtoWriter& text(std::uint32_t field, std::string_view value) {
    return bytes(field, as_bytes(value));
  }
  ProtoWriter& message(std::uint32_t field, const ProtoWriter& inner) {
    return bytes(field, inner.view());
  }

  /// The head of an inner message of `size` bytes; its fields follow.
  ProtoWriter& begin(std::uint32_t field, std::size_t size);
  /// Makes room for that many bytes at once.
  ProtoWriter& reserve(std::size_t size);
  /// What a field takes whose value has `size` bytes, and one that is a number.
  static std::size_t bytes_size(std::uint32_t field, std::size_t size);
  static std::size_t number_size(std::uint32_t field, std::uint64_t value);

  ByteView view() const { return buffer_; }
  std::size_t size() const { return buffer_.size(); }
  Bytes take() { return Bytes(std::move(buffer_)); }

 private:
  std::vector<std::byte> buffer_;
};

}  // namespace mycel::wire
