// An address that is read, as bytes or as text, is written as the same, and every question about it
// has an answer.

#include <cstddef>
#include <cstdint>
#include <span>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/wire/ip_text.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

using namespace mycel;        // NOLINT(google-build-using-namespace)
using namespace mycel::wire;  // NOLINT(google-build-using-namespace)

namespace {

void ask(const Multiaddr& address) {
  (void)is_relayed(address);
  check(!is_loopback(address) || is_private(address), "loopback is private");
  check(!is_unspecified(address) || !is_private(address), "nowhere is not private");
  check(!dns_name(address) || !quic_address(address), "a name is not an address");
  const Multiaddr bare = without_peer(address);
  if (const auto peer = peer_of(address)) {
    // Where two peers stand in a row, the second takes the place of the first.
    check(peer_of(bare) || with_peer(bare, *peer) == address, "the peer is put back");
    check(peer_of(with_peer(bare, *peer)) == peer, "the peer is at the end");
  }
  if (const auto quic = quic_address(address)) {
    const Multiaddr written = quic_multiaddr(*quic);
    check(written == bare, "the address is all there is to it");
    check(quic_address(written) == quic, "and it is found again");
  }
}

void check_address(const Multiaddr& address) {
  const auto text = parse_multiaddr(to_text(address));
  check(text && *text == address, "an address survives its text");
  const auto binary = decode_multiaddr(address.binary());
  check(binary && *binary == address, "an address survives its bytes");
  ask(address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes = std::as_bytes(std::span(data, size));
  if (const auto address = decode_multiaddr(bytes)) {
    check(equal(address->binary(), bytes), "the bytes are the address");
    check_address(*address);
  }
  if (const auto address = parse_multiaddr(as_text(bytes))) check_address(*address);
  if (const auto ip = parse_ip6(as_text(bytes)))
    check(parse_ip6(to_text(*ip)) == ip, "an IPv6 address survives its text");
  if (const auto ip = parse_ip4(as_text(bytes)))
    check(to_text(*ip) == as_text(bytes), "an IPv4 address has one spelling");
  return 0;
}
