#include "foundation/wire/multistream.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/wire/varint.hpp"

namespace mycel::wire {
namespace {

constexpr char newline = '\n';

std::size_t line_size(std::string_view line) {
  return varint_size(line.size() + 1) + line.size() + 1;
}

/// `bytes` is a line with its final newline, but without its length.
Result<std::string_view, Fault> without_newline(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (!text.ends_with(newline)) return Err{Fault::malformed};
  return text.substr(0, text.size() - 1);
}

}  // namespace

void append_line(std::vector<std::byte>& to, std::string_view line) {
  check(line.size() < line_size_max_bytes, "a line of ours is longer than peers accept");
  append_varint(to, line.size() + 1);
  append(to, as_bytes(line));
  to.push_back(static_cast<std::byte>(newline));
}

Bytes encode_line(std::string_view line) {
  thread_local std::vector<std::byte> bytes;  // used again: lines are many and short
  bytes.clear();
  append_line(bytes, line);
  return Bytes::copy(bytes);
}

Bytes encode_protocol_list(std::span<const std::string> protocols) {
  std::vector<std::byte> lines;
  for (const std::string& protocol : protocols)
    if (lines.size() + line_size(protocol) < line_size_max_bytes) append_line(lines, protocol);
  std::vector<std::byte> bytes;
  append_varint(bytes, lines.size() + 1);
  append(bytes, lines);
  bytes.push_back(static_cast<std::byte>(newline));
  return Bytes(std::move(bytes));
}

Result<std::vector<std::string>, Fault> decode_protocol_list(std::string_view line) {
  if (line.size() >= line_size_max_bytes) return Err{Fault::too_large};
  std::vector<std::string> protocols;
  for (ByteView rest = as_bytes(line); !rest.empty();) {
    const auto length = decode_varint(rest);
    if (!length) return Err{length.error()};
    rest = rest.subspan(length->size);
    if (length->value > rest.size()) return Err{Fault::truncated};
    const auto size = static_cast<std::size_t>(length->value);
    const auto protocol = without_newline(rest.first(size));
    if (!protocol) return Err{protocol.error()};
    if (protocol->find(newline) != std::string_view::npos) return Err{Fault::malformed};
    protocols.emplace_back(*protocol);
    rest = rest.subspan(size);
  }
  return protocols;
}

Result<LineReader::Read, Fault> LineReader::fail(Fault fault) {
  fault_ = fault;
  held_.clear();
  return Err{fault};
}

Result<LineReader::Read, Fault> LineReader::feed(ByteView bytes) {
  if (fault_) return Err{*fault_};
  if (held_.empty()) {
    // Nearly always a line comes whole, and nothing needs to be held.
    const auto whole = decode_varint(bytes);
    if (whole && whole->value <= line_size_max_bytes &&
        whole->value <= bytes.size() - whole->size) {
      const auto size = static_cast<std::size_t>(whole->value);
      const auto line = without_newline(bytes.subspan(whole->size, size));
      if (!line) return fail(line.error());
      return Read{whole->size + size, std::string(*line)};
    }
  }
  std::size_t consumed = 0;
  auto length = decode_varint(held_);
  while (!length && length.error() == Fault::truncated) {
    if (held_.size() == varint_size(line_size_max_bytes)) return fail(Fault::too_large);
    if (consumed == bytes.size()) return Read{consumed, std::nullopt};
    held_.push_back(bytes[consumed++]);
    length = decode_varint(held_);
  }
  if (!length) return fail(length.error());
  if (length->value > line_size_max_bytes) return fail(Fault::too_large);

  const std::size_t size = length->size + static_cast<std::size_t>(length->value);
  const std::size_t taken = std::min(size - held_.size(), bytes.size() - consumed);
  append(held_, bytes.subspan(consumed, taken));
  consumed += taken;
  if (held_.size() < size) return Read{consumed, std::nullopt};

  const auto line = without_newline(ByteView(held_).subspan(length->size));
  if (!line) return fail(line.error());
  Read read{consumed, std::string(*line)};
  held_.clear();
  return read;
}

}  // namespace mycel::wire
