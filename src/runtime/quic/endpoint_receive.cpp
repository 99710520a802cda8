// The half of the endpoint that decides what an arriving packet is: part of a connection, the start
// of one, a late visitor of a closed one, or noise.

#include <algorithm>
#include <array>
#include <utility>

#include "foundation/base/probe.hpp"

#include "runtime/quic/endpoint.hpp"

namespace mycel::quic {
namespace {

const std::uint8_t* octets(ByteView bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

bool is_long(ByteView packet) {
  return (std::to_integer<unsigned>(packet[0]) & 0x80) != 0;
}

}  // namespace

void Endpoint::receive(ports::Datagrams& socket, std::span<const ports::Datagram> batch) {
  for (const ports::Datagram& datagram : batch) {
    const Path path{&socket, datagram.local, datagram.remote};
    const std::size_t step =
        datagram.segment_size_bytes == 0 ? datagram.payload.size() : datagram.segment_size_bytes;
    shared_.counters.bytes_received += datagram.payload.size();
    for (ByteView rest = datagram.payload; !rest.empty();) {
      const ByteView packet = rest.first(std::min(step, rest.size()));
      rest = rest.subspan(packet.size());
      shared_.counters.datagrams_received += 1;
      receive_packet(path, datagram.ecn, packet);
    }
  }
  if (!is_in_turn_) run_turn();
}

void Endpoint::receive_packet(const Path& path, std::uint8_t ecn, ByteView packet) {
  ngtcp2_version_cid ids;
  const int result =
      ngtcp2_pkt_decode_version_cid(&ids, octets(packet), packet.size(), cid_size_bytes);
  if (result == NGTCP2_ERR_VERSION_NEGOTIATION) {
    if (!stateless_.allow(shared_.timers.now().instant)) return;
    std::array<std::uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> buffer;
    const std::size_t size = stateless_.version_negotiation(buffer, ids);
    shared_.counters.version_negotiations_sent += 1;
    return answer(path, std::span(buffer).first(size));
  }
  if (result != 0) {
    shared_.counters.datagrams_ignored += 1;
    return;
  }
  Connection* connection = shared_.router.find(ids.dcid, ids.dcidlen);
  if (connection == nullptr && !is_long(packet)) connection = shared_.router.find_token(packet);
  if (connection == nullptr) return receive_unknown(path, ecn, packet, ids);
  connection->read(path, ecn, packet, shared_.timers.now());
  touch_in_passing(*connection);
}

void Endpoint::receive_unknown(const Path& path, std::uint8_t ecn, ByteView packet,
                               const ngtcp2_version_cid& ids) {
  if (answer_for_the_dead(path, ids)) return;
  ngtcp2_pkt_hd header;
  if (ngtcp2_accept(&header, octets(packet), packet.size()) == 0)
    return receive_first(path, ecn, packet, header);

  shared_.counters.datagrams_ignored += 1;
  if (is_long(packet) || !stateless_.allow(shared_.timers.now().instant)) return;
  std::array<std::uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> buffer;
  const std::size_t size = stateless_.reset(buffer, to_cid(ids.dcid), packet.size());
  if (size > 0) shared_.counters.stateless_resets_sent += 1;
  answer(path, std::span(buffer).first(size));
}

bool Endpoint::answer_for_the_dead(const Path& path, const ngtcp2_version_cid& ids) {
  const auto found = tombstones_.visit(ids.dcid, ids.dcidlen);
  if (!found) return false;
  if (!found->farewell.empty()) {
    probe("a closed connection answered a late packet");
    answer(path, {octets(found->farewell), found->farewell.size()});
  }
  return true;
}

void Endpoint::receive_first(const Path& path, std::uint8_t ecn, ByteView packet,
                             const ngtcp2_pkt_hd& header) {
  const Now now = shared_.timers.now();
  Counters& counters = shared_.counters;
  if (is_closing_ || connections_.size() >= shared_.config.connections_max)
    return refuse(path, header, counters.refused_connections);
  if (admission_.is_full()) return refuse(path, header, counters.refused_handshakes);

  const FirstPacket first{header, stateless_.check_retry(header, path.remote, now.instant)};
  if (!first.before_retry && admission_.is_crowded()) {
    if (!stateless_.allow(now.instant)) return;
    std::array<std::uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> buffer;
    const std::size_t size = stateless_.retry(buffer, header, path.remote, now.instant);
    counters.retries_sent += 1;
    return answer(path, std::span(buffer).first(size));
  }
  const Network network = network_of(path.remote);
  if (!admission_.admit(network)) return refuse(path, header, counters.refused_network);

  Connection& connection = add(Connection::accept(shared_, ids_.next(), path, first, now));
  connection.admitted_as = network;
  connection.read(path, ecn, packet, now);
}

void Endpoint::refuse(const Path& path, const ngtcp2_pkt_hd& header, std::uint64_t& counter) {
  counter += 1;
  if (!stateless_.allow(shared_.timers.now().instant)) return;
  std::array<std::uint8_t, NGTCP2_MAX_UDP_PAYLOAD_SIZE> buffer;
  const std::size_t size = stateless_.close(buffer, header, NGTCP2_CONNECTION_REFUSED);
  answer(path, std::span(buffer).first(size));
}

void Endpoint::answer(const Path& path, std::span<const std::uint8_t> packet) {
  if (!packet.empty()) outbox_.try_send(path, packet);
}

}  // namespace mycel::quic
