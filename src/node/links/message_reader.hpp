#pragma once
// Cuts a stream into messages: each behind its length as a varint, or all of one size.

#include <cstddef>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"

namespace mycel::links {

/// How messages stand on a stream.
struct Framing {
  std::size_t fixed_size_bytes = 0;  ///< 0: behind a length
  std::size_t size_max_bytes = 64 * 1024;

  /// `body` as it goes on the stream.
  Bytes frame(Bytes body) const;
};

/// Takes messages out of a stream, whatever pieces it comes in. What arrived whole in one piece is
/// not copied. Holds no more than it was fed, whatever length a peer announces.
class MessageReader {
 public:
  MessageReader() = default;
  explicit MessageReader(Framing framing) : framing_(framing) {}

  void feed(Bytes data);
  /// The next whole message. Faults: truncated (more bytes may complete it), too_large and
  /// not_canonical (the stream is of no use any more). A length is judged before its bytes come.
  Result<Bytes, wire::Fault> next();
  /// Whatever was fed and not read, as raw bytes: for streams whose messages are only a preamble.
  Bytes take_unread();
  std::size_t unread_bytes() const { return unread_.size() + further_.size(); }

 private:
  Framing framing_;
  Bytes unread_;  // what came, from the start of the next message
  // What follows it, joined only when a message spans both. Copied: a peer that sends byte after
  // byte must not make us keep every packet that brought one.
  std::vector<std::byte> further_;

  Result<Bytes, wire::Fault> take(std::size_t from, std::size_t size);
  void join();
};

}  // namespace mycel::links
