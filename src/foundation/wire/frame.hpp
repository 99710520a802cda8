#pragma once
// Messages in a stream, each with its length before it: how every libp2p protocol over a stream
// tells where one ends.

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/wire/fault.hpp"
#include "foundation/wire/varint.hpp"

namespace mycel::wire {

/// The message as it is sent: its length as a varint, then itself.
Bytes frame(ByteView body);
/// The same behind what `to` holds, so that several messages leave in one flight.
void append_frame(std::vector<std::byte>& to, ByteView body);

/// Takes messages out of a stream, whatever pieces it comes in. What arrived whole in one piece is
/// not copied. Holds no more than it was fed, whatever length a peer announces.
///   reader.feed(chunk);
///   while (true) {
///     const auto body = reader.next();
///     if (!body) return refuse(body.error());
///     if (!*body) break;
///     on_message(**body);
///   }
class FrameReader {
 public:
  /// Bodies of more than `size_max_bytes` are refused.
  explicit FrameReader(std::size_t size_max_bytes) : size_max_(size_max_bytes) {}

  /// Adds bytes. Take all messages with next() first: what is left over has to be copied.
  void feed(Bytes chunk);
  /// The next whole message without its length, or none until more is fed. Faults: too_large, as
  /// soon as the length is known, and not_canonical. After a fault the stream is of no use any more
  /// and every further call repeats it.
  Result<std::optional<Bytes>, Fault> next();

  /// Has a message begun that is not whole yet? A stream that ends here was cut off.
  bool is_mid_frame() const { return size_ || prefix_size_ > 0 || !chunk_.empty(); }

 private:
  Result<void, Fault> read_size();
  std::optional<Bytes> read_body();
  void hold(ByteView part);

  std::size_t size_max_;
  Bytes chunk_;                                            // fed and not looked at yet
  std::array<std::byte, varint_size_max_bytes> prefix_{};  // a length that is not whole yet
  std::size_t prefix_size_ = 0;
  std::optional<std::size_t> size_;  // of the message that has begun, once it is known
  std::vector<std::byte> held_;      // its bytes from earlier pieces
  std::optional<Fault> fault_;
};

}  // namespace mycel::wire
