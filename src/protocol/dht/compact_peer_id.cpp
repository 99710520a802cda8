#include "protocol/dht/compact_peer_id.hpp"

#include <algorithm>
#include <string_view>

namespace mycel::dht {

// How the ids of one form begin: the multihash code and length, then, where the key itself stands
// in the id, what its protobuf begins with. A compressed point of secp256k1 says in its first byte
// which of two it is.
ByteView CompactPeerId::head_of(Form form) {
  using namespace std::string_view_literals;
  switch (form) {
    case Form::hashed:
      return as_bytes("\x12\x20"sv);
    case Form::ed25519:
      return as_bytes("\x00\x24\x08\x01\x12\x20"sv);
    case Form::secp256k1_even:
      return as_bytes("\x00\x25\x08\x02\x12\x21\x02"sv);
    case Form::secp256k1_odd:
      return as_bytes("\x00\x25\x08\x02\x12\x21\x03"sv);
  }
  return {};
}

std::optional<CompactPeerId> CompactPeerId::of(const PeerId& peer) {
  const ByteView id = peer.view();
  for (const Form form : {Form::ed25519, Form::hashed, Form::secp256k1_even, Form::secp256k1_odd}) {
    const ByteView head = head_of(form);
    if (id.size() != head.size() + tail_size || !std::ranges::equal(id.first(head.size()), head))
      continue;
    CompactPeerId compact;
    std::ranges::copy(id.last(tail_size), compact.tail_.begin());
    compact.form_ = form;
    return compact;
  }
  return std::nullopt;
}

PeerId CompactPeerId::whole() const {
  const ByteView head = head_of(form_);
  std::array<std::byte, PeerId::size_max_bytes> id;
  std::ranges::copy(head, id.begin());
  std::ranges::copy(tail_, id.begin() + static_cast<std::ptrdiff_t>(head.size()));
  return *PeerId::from_multihash({id.data(), head.size() + tail_size});
}

}  // namespace mycel::dht
