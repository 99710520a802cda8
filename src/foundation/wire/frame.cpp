#include "foundation/wire/frame.hpp"

#include <algorithm>
#include <utility>

namespace mycel::wire {

void append_frame(std::vector<std::byte>& to, ByteView body) {
  append_varint(to, body.size());
  append(to, body);
}

Bytes frame(ByteView body) {
  std::vector<std::byte> bytes;
  bytes.reserve(varint_size(body.size()) + body.size());
  append_frame(bytes, body);
  return Bytes(std::move(bytes));
}

void FrameReader::feed(Bytes chunk) {
  if (fault_) return;
  if (chunk_.empty()) {
    chunk_ = std::move(chunk);
    return;
  }
  std::vector<std::byte> joined;
  joined.reserve(chunk_.size() + chunk.size());
  append(joined, chunk_);
  append(joined, chunk);
  chunk_ = Bytes(std::move(joined));
}

Result<std::optional<Bytes>, Fault> FrameReader::next() {
  if (!fault_ && !size_) {
    const auto read = read_size();
    if (!read) {
      fault_ = read.error();
      chunk_ = {};
    }
  }
  if (fault_) return Err{*fault_};
  if (!size_) return std::optional<Bytes>{};
  return read_body();
}

/// Takes bytes until the length is whole, if there are enough of them.
Result<void, Fault> FrameReader::read_size() {
  while (!chunk_.empty()) {
    prefix_[prefix_size_++] = *chunk_.begin();
    chunk_ = chunk_.slice(1);
    const auto length = decode_varint(ByteView(prefix_).first(prefix_size_));
    if (length && length->value > size_max_) return Err{Fault::too_large};
    if (length) {
      size_ = static_cast<std::size_t>(length->value);
      prefix_size_ = 0;
      return {};
    }
    if (length.error() != Fault::truncated) return Err{length.error()};
    // The next byte would only make the length larger.
    if (prefix_size_ >= varint_size(size_max_)) return Err{Fault::too_large};
  }
  return {};
}

std::optional<Bytes> FrameReader::read_body() {
  const std::size_t missing = *size_ - held_.size();
  if (chunk_.size() < missing) {
    hold(chunk_);
    chunk_ = {};
    return std::nullopt;
  }
  Bytes body = chunk_.slice(0, missing);
  chunk_ = chunk_.size() == missing ? Bytes{} : chunk_.slice(missing);
  if (!held_.empty()) {
    hold(body);
    body = Bytes(std::exchange(held_, {}));
  }
  size_.reset();
  return body;
}

/// Grows with what really arrives and not with what was announced, but never beyond that.
void FrameReader::hold(ByteView part) {
  const std::size_t needed = held_.size() + part.size();
  if (needed > held_.capacity()) held_.reserve(std::min(*size_, 2 * needed));
  append(held_, part);
}

}  // namespace mycel::wire
