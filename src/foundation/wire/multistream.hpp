#pragma once
// How both ends of a stream agree on a protocol: lines, each with its length before it.
// Source: libp2p specs, connections/README.md, "multistream-select".

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::wire {

/// The first line of either side.
inline constexpr std::string_view multistream_header = "/multistream/1.0.0";
/// The answer to a protocol that is not spoken here.
inline constexpr std::string_view multistream_refusal = "na";
/// Asks for the protocols that are spoken.
inline constexpr std::string_view multistream_list = "ls";
/// Longest line with its final newline: what go and js accept.
inline constexpr std::size_t line_size_max_bytes = 1024;

/// A line as it is sent: its length, `line`, a newline. At most 1023 bytes, without a newline.
Bytes encode_line(std::string_view line);
/// The same behind what `to` holds, so that several lines leave in one flight.
void append_line(std::vector<std::byte>& to, std::string_view line);

/// The answer to `ls`, a line made of lines. Those that one line has no room for are left out.
Bytes encode_protocol_list(std::span<const std::string> protocols);
/// The protocols in a line that answers `ls`. Faults: truncated, too_large, malformed.
Result<std::vector<std::string>, Fault> decode_protocol_list(std::string_view line);

/// Takes lines out of a stream, whatever pieces it comes in. Holds at most one line.
///   while (!bytes.empty()) {
///     const auto read = reader.feed(bytes);
///     if (!read) return refuse(read.error());
///     bytes = bytes.subspan(read->consumed);
///     if (read->line) on_line(*read->line);  // after the last line, `bytes` are the protocol's
///   }
class LineReader {
 public:
  struct Read {
    std::size_t consumed = 0;         ///< bytes of the piece that belong to this line
    std::optional<std::string> line;  ///< the line without its newline, once it is whole
  };

  /// Reads up to the end of one line and not a byte further. Faults: too_large (as soon as the
  /// length is known), not_canonical, malformed (no newline at the end). After a fault the stream
  /// is of no use any more and every further call repeats it.
  Result<Read, Fault> feed(ByteView bytes);

  /// Has a line begun that is not whole yet?
  bool is_mid_line() const { return !held_.empty(); }

 private:
  Result<Read, Fault> fail(Fault fault);

  std::vector<std::byte> held_;  // the length, then the line, as far as they came
  std::optional<Fault> fault_;
};

}  // namespace mycel::wire
