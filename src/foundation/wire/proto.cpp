#include "foundation/wire/proto.hpp"

#include <bit>

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
void append_proto_varint(std::vector<std::byte>& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::byte>(value | 0x80));
  to.push_back(static_cast<std::byte>(value));
}

std::size_t varint_size_of(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

constexpr std::uint64_t varint_type = 0;
constexpr std::uint64_t length_delimited_type = 2;

}  // namespace

std::optional<ProtoField> ProtoReader::next() {
  if (!ok_ || rest_.empty()) return std::nullopt;
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
  append_proto_varint(buffer_, (std::uint64_t{field} << 3) | varint_type);
  append_proto_varint(buffer_, value);
  return *this;
}

ProtoWriter& ProtoWriter::bytes(std::uint32_t field, ByteView value) {
  begin(field, value.size());
  append(buffer_, value);
  return *this;
}

ProtoWriter& ProtoWriter::begin(std::uint32_t field, std::size_t size) {
  append_proto_varint(buffer_, (std::uint64_t{field} << 3) | length_delimited_type);
  append_proto_varint(buffer_, size);
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
