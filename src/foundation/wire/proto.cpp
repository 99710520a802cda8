#include "foundation/wire/proto.hpp"

#include <array>
#include <bit>
#include <cstddef>

#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>

namespace mycel::wire {
namespace {

ByteView view_of(const protozero::data_view& data) {
  return {reinterpret_cast<const std::byte*>(data.data()), data.size()};
}

ProtoField read_value(protozero::pbf_reader& reader) {
  ProtoField field;
  field.id = reader.tag();
  switch (reader.wire_type()) {
    case protozero::pbf_wire_type::varint:
      field.number = reader.get_uint64();
      break;
    case protozero::pbf_wire_type::fixed64:
      field.number = reader.get_fixed64();
      break;
    case protozero::pbf_wire_type::fixed32:
      field.number = reader.get_fixed32();
      break;
    default:
      field.kind = ProtoField::Kind::bytes;
      field.bytes = view_of(reader.get_view());
  }
  return field;
}

// Protobuf varints are wider than multiformats ones: ten bytes carry 64 bits.
std::byte* put_varint(std::byte* to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<std::byte>(value | 0x80);
  *to++ = static_cast<std::byte>(value);
  return to;
}

void append_varints(std::vector<std::byte>& to, std::uint64_t tag, std::uint64_t value) {
  std::array<std::byte, 20> both;
  const std::byte* const end = put_varint(put_varint(both.data(), tag), value);
  append(to, {both.data(), end});
}

std::size_t varint_size_of(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

constexpr std::uint64_t varint_type = 0;
constexpr std::uint64_t length_delimited_type = 2;

// The field at the beginning if its tag is one byte and its number or length another, as nearly all
// of ours are. Takes it off `rest`.
std::optional<ProtoField> take_short_field(ByteView& rest) {
  constexpr std::size_t head_size = 2;
  constexpr std::uint64_t type_bits = 3;
  if (rest.size() < head_size) return std::nullopt;
  const auto tag = std::to_integer<std::uint32_t>(rest[0]);
  const auto value = std::to_integer<std::uint64_t>(rest[1]);
  ProtoField field{.id = tag >> type_bits, .number = 0, .bytes = {}};
  if (tag >= 0x80 || value >= 0x80 || field.id == 0) return std::nullopt;
  const std::uint64_t type = tag & ((1U << type_bits) - 1);
  if (type == varint_type) {
    field.number = value;
    rest = rest.subspan(head_size);
    return field;
  }
  if (type != length_delimited_type || rest.size() - head_size < value) return std::nullopt;
  field.kind = ProtoField::Kind::bytes;
  field.bytes = rest.subspan(head_size, value);
  rest = rest.subspan(head_size + value);
  return field;
}

}  // namespace

std::optional<ProtoField> ProtoReader::next() {
  if (!ok_ || rest_.empty()) return std::nullopt;
  if (auto field = take_short_field(rest_)) return field;
  try {
    protozero::pbf_reader reader(reinterpret_cast<const char*>(rest_.data()), rest_.size());
    if (!reader.next()) return std::nullopt;
    const ProtoField field = read_value(reader);
    rest_ = rest_.subspan(rest_.size() - reader.length());
    return field;
  } catch (const protozero::exception&) {
    ok_ = false;
    return std::nullopt;
  }
}

ProtoWriter& ProtoWriter::number(std::uint32_t field, std::uint64_t value) {
  append_varints(buffer_, (std::uint64_t{field} << 3) | varint_type, value);
  return *this;
}

ProtoWriter& ProtoWriter::bytes(std::uint32_t field, ByteView value) {
  begin(field, value.size());
  append(buffer_, value);
  return *this;
}

ProtoWriter& ProtoWriter::begin(std::uint32_t field, std::size_t size) {
  append_varints(buffer_, (std::uint64_t{field} << 3) | length_delimited_type, size);
  return *this;
}

ProtoWriter& ProtoWriter::reserve(std::size_t size) {
  buffer_.reserve(size);
  return *this;
}

std::size_t ProtoWriter::bytes_size(std::uint32_t field, std::size_t size) {
  return number_size(field, size) + size;
}

std::size_t ProtoWriter::number_size(std::uint32_t field, std::uint64_t value) {
  return varint_size_of(std::uint64_t{field} << 3) + varint_size_of(value);
}

}  // namespace mycel::wire
