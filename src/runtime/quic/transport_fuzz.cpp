// Any datagrams at a node with an open connection: the input is cut into packets that come from
// strangers, from the peer's address, or as changes of packets that are under way.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "runtime/quic/test_network.hpp"

namespace {

using namespace mycel;
using namespace mycel::quic;
using namespace mycel::quic::test;

/// Applies the fuzzer's bytes to packets under way: each pair is an offset and a change.
class Meddler {
 public:
  explicit Meddler(ByteView changes) : changes_(changes) {}
  void meddle(TestNetwork& network) {
    network.damage = [this](std::vector<std::byte>& packet) {
      if (changes_.size() < 3) return;
      const auto where = std::to_integer<std::size_t>(changes_[0]) << 4 |
                         std::to_integer<std::size_t>(changes_[1]) >> 4;
      packet[where % packet.size()] ^= changes_[2];
      changes_ = changes_.subspan(3);
    };
  }

 private:
  ByteView changes_;
};

void throw_in(TestNetwork& network, TestSocket& from, const TestNode& to, ByteView packet) {
  const ports::Datagram datagram{from.local(), to.at, packet};
  if (!packet.empty()) from.send({&datagram, 1});
  network.timers.run_for(6ms);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  TestNetwork network;
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  bob.echoes = true;
  TestSocket stranger(network, endpoint(9));

  const std::size_t half = size / 2;
  Meddler meddler(bytes.first(half));
  meddler.meddle(network);
  const auto connection = connect(network, alice, bob, 1s);
  if (connection) {
    if (const auto stream = alice.transport->open(*connection))
      alice.transport->write(*stream, bytes_of(5000), true);
  }
  for (ByteView rest = bytes.subspan(half); rest.size() > 2;) {
    const std::size_t length =
        std::min<std::size_t>(std::to_integer<std::size_t>(rest[0]) << 3, rest.size() - 1);
    std::vector<std::byte> packet(rest.begin() + 1,
                                  rest.begin() + 1 + static_cast<std::ptrdiff_t>(length));
    rest = rest.subspan(1 + length);
    // Long packets are only looked at when they are large enough to start a connection.
    if (!packet.empty() && (packet[0] & std::byte{0x80}) != std::byte{0}) packet.resize(1200);
    throw_in(network, stranger, bob, packet);
  }
  network.timers.run_for(1s);
  return 0;
}
