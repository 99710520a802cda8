#include "node/links/message_reader.hpp"

#include <utility>

#include "foundation/wire/frame.hpp"
#include "foundation/wire/varint.hpp"

namespace mycel::links {

Bytes Framing::frame(Bytes body) const {
  if (fixed_size_bytes != 0) return body;
  std::vector<std::byte> framed;
  framed.reserve(wire::varint_size_max_bytes + body.size());
  wire::append_frame(framed, body);
  return Bytes(std::move(framed));
}

void MessageReader::feed(Bytes data) {
  if (data.empty()) return;
  if (unread_.empty()) {
    unread_ = std::move(data);
    return;
  }
  append(further_, data);
}

Result<Bytes, wire::Fault> MessageReader::next() {
  if (framing_.fixed_size_bytes != 0) return take(0, framing_.fixed_size_bytes);
  if (unread_.size() < wire::varint_size_max_bytes) join();
  const auto length = wire::decode_varint(unread_);
  if (!length) return Err{length.error()};
  if (length->value > framing_.size_max_bytes) return Err{wire::Fault::too_large};
  return take(length->size, static_cast<std::size_t>(length->value));
}

Result<Bytes, wire::Fault> MessageReader::take(std::size_t from, std::size_t size) {
  if (unread_bytes() < from + size) return Err{wire::Fault::truncated};
  if (unread_.size() < from + size) join();
  Bytes message = unread_.slice(from, size);
  unread_ = unread_.slice(from + size);
  if (unread_.empty()) join();
  return message;
}

Bytes MessageReader::take_unread() {
  join();
  return std::exchange(unread_, {});
}

void MessageReader::join() {
  if (further_.empty()) return;
  std::vector<std::byte> whole;
  whole.reserve(unread_bytes());
  append(whole, unread_);
  append(whole, further_);
  further_ = {};
  unread_ = Bytes(std::move(whole));
}

}  // namespace mycel::links
