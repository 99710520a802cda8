#include "runtime/os/udp_sender.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "foundation/base/bytes.hpp"

#include "runtime/os/endpoint.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {
namespace {

using ports::Datagram;
using ports::Endpoint;

/// What the kernel splits in one go: UDP_MAX_SEGMENTS of Linux before 6.9, and the payload of the
/// largest IPv4 packet.
constexpr std::size_t segments_max = 64;
constexpr std::size_t train_size_max_bytes = 65507;

/// Appends control messages to a buffer that is large enough for all that are ever appended.
class ControlWriter {
 public:
  explicit ControlWriter(std::span<std::byte> space) : space_(space) {}

  template <class Value>
  void add(int level, int type, const Value& value) {
    cmsghdr header{};
    header.cmsg_level = level;
    header.cmsg_type = type;
    header.cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(space_.data() + used_, &header, sizeof header);
    std::memcpy(space_.data() + used_ + CMSG_LEN(0), &value, sizeof value);
    used_ += CMSG_SPACE(sizeof value);
  }
  std::size_t used() const { return used_; }

 private:
  std::span<std::byte> space_;
  std::size_t used_ = 0;
};

void add_source(ControlWriter& control, const Endpoint& local) {
  if (is_wildcard(local)) return;
  if (local.family == Endpoint::Family::ipv4) {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, local.address.data(), sizeof info.ipi_spec_dst);
    control.add(IPPROTO_IP, IP_PKTINFO, info);
  } else {
    in6_pktinfo info{};
    info.ipi6_ifindex = local.scope;
    std::memcpy(&info.ipi6_addr, local.address.data(), sizeof info.ipi6_addr);
    control.add(IPPROTO_IPV6, IPV6_PKTINFO, info);
  }
}

void add_ecn(ControlWriter& control, const Datagram& datagram) {
  if (datagram.ecn == 0) return;
  const int field = datagram.ecn & 3;
  if (datagram.remote.family == Endpoint::Family::ipv4)
    control.add(IPPROTO_IP, IP_TOS, field);
  else
    control.add(IPPROTO_IPV6, IPV6_TCLASS, field);
}

std::size_t packets_of(std::size_t payload, std::size_t segment) {
  return segment == 0 ? 1 : (payload + segment - 1) / segment;
}

}  // namespace

std::size_t UdpSender::send(std::span<const Datagram> batch) {
  split_datagram_ = SIZE_MAX;
  Cursor at;
  while (at.datagram < batch.size()) {
    const std::size_t count = fill(batch, at);
    const int sent = ::sendmmsg(fd_, messages_.data(), static_cast<unsigned>(count), MSG_NOSIGNAL);
    if (sent > 0) {
      const auto done = std::span(pieces_).first(static_cast<std::size_t>(sent));
      count_sent(done);
      at = done.back().end;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      counters_.send_waits += 1;
      break;
    } else if (errno != EINTR) {
      at = after_refusal(errno, at);
    }
  }
  return at.datagram;
}

std::size_t UdpSender::fill(std::span<const Datagram> batch, Cursor from) {
  std::size_t count = 0;
  while (count < messages_max && from.datagram < batch.size()) {
    pieces_[count] = piece_at(batch, from);
    write_message(count, batch[from.datagram], pieces_[count]);
    from = pieces_[count].end;
    count += 1;
  }
  return count;
}

UdpSender::Piece UdpSender::piece_at(std::span<const Datagram> batch, Cursor from) const {
  const Datagram& datagram = batch[from.datagram];
  const ByteView rest = datagram.payload.subspan(from.offset);
  const std::size_t segment = datagram.segment_size_bytes;
  const Cursor next{.datagram = from.datagram + 1, .offset = 0};
  if (segment == 0 || rest.size() <= segment) return {.payload = rest, .end = next};

  const bool is_train = sends_trains_ && from.datagram != split_datagram_;
  const std::size_t packets =
      is_train ? std::clamp<std::size_t>(train_size_max_bytes / segment, 1, segments_max) : 1;
  const std::size_t size = std::min(rest.size(), packets * segment);
  return {.payload = rest.first(size),
          .segment_size_bytes = size > segment ? segment : 0,
          .end = size == rest.size()
                     ? next
                     : Cursor{.datagram = from.datagram, .offset = from.offset + size}};
}

void UdpSender::write_message(std::size_t slot, const Datagram& datagram, const Piece& piece) {
  buffers_[slot] = {.iov_base = const_cast<std::byte*>(piece.payload.data()),
                    .iov_len = piece.payload.size()};
  msghdr& header = messages_[slot].msg_hdr;
  header = {};
  header.msg_name = &addresses_[slot];
  header.msg_namelen = to_socket_address(datagram.remote, addresses_[slot]);
  header.msg_iov = &buffers_[slot];
  header.msg_iovlen = 1;
  header.msg_controllen = write_control(controls_[slot], datagram, piece.segment_size_bytes);
  header.msg_control = header.msg_controllen > 0 ? controls_[slot].bytes.data() : nullptr;
}

std::size_t UdpSender::write_control(Control& control, const Datagram& datagram,
                                     std::size_t segment_size_bytes) {
  ControlWriter writer(control.bytes);
  add_source(writer, datagram.local);
  add_ecn(writer, datagram);
  if (segment_size_bytes > 0)
    writer.add(IPPROTO_UDP, UDP_SEGMENT, static_cast<std::uint16_t>(segment_size_bytes));
  return writer.used();
}

void UdpSender::count_sent(std::span<const Piece> pieces) {
  for (const Piece& piece : pieces) {
    counters_.packets_sent += packets_of(piece.payload.size(), piece.segment_size_bytes);
    counters_.bytes_sent += piece.payload.size();
  }
}

UdpSender::Cursor UdpSender::after_refusal(int error, Cursor at) {
  const Piece& refused = pieces_[0];
  const bool is_train = refused.segment_size_bytes > 0;
  // The device cannot compute checksums, which splitting needs: that will not change.
  if (is_train && error == EIO) {
    sends_trains_ = false;
    return at;
  }
  // This train does not fit its path or an old kernel; its packets may.
  if (is_train && (error == EINVAL || error == EMSGSIZE)) {
    split_datagram_ = at.datagram;
    return at;
  }
  counters_.packets_refused += packets_of(refused.payload.size(), refused.segment_size_bytes);
  return refused.end;
}

}  // namespace mycel::os
