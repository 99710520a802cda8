#include "foundation/wire/frame.hpp"

#include "foundation/wire/varint.hpp"

namespace mycel::wire {

void append_frame(std::vector<std::byte>& to, ByteView body) {
  append_varint(to, body.size());
  append(to, body);
}

}  // namespace mycel::wire
