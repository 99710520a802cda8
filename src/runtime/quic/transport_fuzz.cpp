// Any datagrams at a node: packets of strangers, and packets of a peer that are changed under way.

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

namespace {

/// Strangers throw packets at a node.
void make_noise(ByteView bytes) {
  TestNetwork network;
  TestNode bob(network, 2);
  TestSocket stranger(network, endpoint(9));
  for (ByteView rest = bytes; rest.size() > 2;) {
    const std::size_t length =
        std::min<std::size_t>(std::to_integer<std::size_t>(rest[0]) << 3, rest.size() - 1);
    const ByteView part = rest.subspan(1, length);
    std::vector<std::byte> packet(part.begin(), part.end());
    rest = rest.subspan(1 + length);
    // Long packets are only looked at when they are large enough to start a connection.
    if (!packet.empty() && (packet[0] & std::byte{0x80}) != std::byte{0}) packet.resize(1200);
    throw_in(network, stranger, bob, packet);
  }
  network.timers.run_for(1s);
}

/// Somebody on the path changes the packets of a handshake and of a short conversation.
void meddle(ByteView bytes) {
  TestNetwork network;
  TestNode alice(network, 1);
  TestNode bob(network, 2);
  bob.echoes = true;
  Meddler meddler(bytes);
  meddler.meddle(network);
  const auto connection = connect(network, alice, bob, 1s);
  if (connection) {
    if (const auto stream = alice.transport->open(*connection))
      alice.transport->write(*stream, bytes_of(5000), true);
  }
  network.timers.run_for(1s);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4) return 0;
  const ByteView bytes(reinterpret_cast<const std::byte*>(data), size);
  if ((data[0] & 1) == 0) {
    make_noise(bytes.subspan(1));
  } else {
    meddle(bytes.subspan(1));
  }
  return 0;
}
