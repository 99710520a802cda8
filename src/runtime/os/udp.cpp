#include "runtime/os/udp.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "foundation/base/result.hpp"

#include "runtime/os/endpoint.hpp"
#include "runtime/os/fd.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/os/udp_receiver.hpp"
#include "runtime/os/udp_sender.hpp"
#include "runtime/ports/datagrams.hpp"

namespace mycel::os {
namespace {

using ports::Datagram;
using ports::Endpoint;

/// System calls that one wake-up makes before others get their turn.
constexpr int receive_calls_max = 4;

int family_of(const Endpoint& endpoint) {
  return endpoint.family == Endpoint::Family::ipv4 ? AF_INET : AF_INET6;
}

std::string why_not_bound(const Endpoint& local, int error) {
  const std::string where = "cannot listen on " + to_text(local) + "/udp: ";
  switch (error) {
    case EADDRINUSE:
      return where + "another program uses this port. Stop it, or choose another port.";
    case EACCES:
    case EPERM:
      return where + "ports below 1024 need a privilege. Choose a port above 1023.";
    case EADDRNOTAVAIL:
      return where +
             "this machine has no such address. Choose one that it has, or 0.0.0.0 or :: for all.";
    case EAFNOSUPPORT:
      return where + "the system has no such address family. Leave this address out.";
    case EMFILE:
    case ENFILE:
      return where + "too many open files. Raise the limit (ulimit -n).";
    default:
      return where + ::strerrordesc_np(error) + ".";
  }
}

bool set(int fd, int level, int option, int value) {
  return ::setsockopt(fd, level, option, &value, sizeof value) == 0;
}

// The forced variants pass the system's limit, for those who may.
std::size_t set_buffer(int fd, int option, int forced_option, std::size_t bytes) {
  const int wanted = static_cast<int>(bytes);
  if (!set(fd, SOL_SOCKET, forced_option, wanted)) set(fd, SOL_SOCKET, option, wanted);
  int got = 0;
  socklen_t size = sizeof got;
  ::getsockopt(fd, SOL_SOCKET, option, &got, &size);
  return static_cast<std::size_t>(got) / 2;  // the kernel counts its own overhead twice over
}

void ask_for_details(int fd, Endpoint::Family family, bool uses_trains) {
  if (family == Endpoint::Family::ipv4) {
    set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    set(fd, IPPROTO_IP, IP_RECVTOS, 1);
    set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
  } else {
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
  }
  if (uses_trains) set(fd, IPPROTO_UDP, UDP_GRO, 1);
}

bool knows_trains(int fd) {
  int size = 0;
  socklen_t length = sizeof size;
  return ::getsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, &length) == 0;
}

Endpoint bound_to(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return to_endpoint(address);
}

Result<Fd, int> open_bound(const Endpoint& local) {
  Fd fd(::socket(family_of(local), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Err{errno};
  if (local.family == Endpoint::Family::ipv6 && !set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1))
    return Err{errno};
  sockaddr_storage address{};
  const socklen_t size = to_socket_address(local, address);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return Err{errno};
  return fd;
}

}  // namespace

class UdpSocket::Impl final : public ReadyHandler {
 public:
  Impl(Loop& loop, Fd fd, const UdpOptions& options)
      : loop_(loop),
        fd_(std::move(fd)),
        local_(bound_to(fd_.get())),
        sender_(fd_.get(), options.uses_trains && knows_trains(fd_.get()), counters_),
        receiver_(fd_.get(), local_, counters_) {
    loop_.watch(fd_.get(), *this, Interest::none);
    ask_for_details(fd_.get(), local_.family, options.uses_trains);
    buffers_ = {
        .receive_bytes =
            set_buffer(fd_.get(), SO_RCVBUF, SO_RCVBUFFORCE, options.buffer_size_bytes),
        .send_bytes = set_buffer(fd_.get(), SO_SNDBUF, SO_SNDBUFFORCE, options.buffer_size_bytes)};
  }
  ~Impl() {
    if (is_gone_ != nullptr) *is_gone_ = true;
    loop_.unwatch(fd_.get(), *this);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::size_t send(std::span<const Datagram> batch) {
    const std::size_t taken = sender_.send(batch);
    if (taken < batch.size()) wait_for_room(true);
    return taken;
  }

  void on_receive(Receiver receiver) {
    on_receive_ = std::make_shared<const Receiver>(std::move(receiver));
    watch();
  }
  void on_writable(std::function<void()> then) { on_writable_ = std::move(then); }

  void on_ready(Ready ready) override {
    bool is_gone = false;
    is_gone_ = &is_gone;
    if (ready.is_readable && on_receive_) receive(is_gone);
    if (is_gone) return;
    if (ready.is_writable && waits_for_room_) tell_writable();
    if (!is_gone) is_gone_ = nullptr;
  }

  const Endpoint& local() const { return local_; }
  BufferSizes buffers() const { return buffers_; }
  bool sends_trains() const { return sender_.sends_trains(); }
  const UdpCounters& counters() const { return counters_; }

 private:
  void receive(const bool& is_gone) {
    const auto receiver = on_receive_;  // it may replace or destroy what it was called from
    for (int call = 0; call < receive_calls_max; ++call) {
      const auto received = receiver_.receive();
      if (!received.datagrams.empty()) (*receiver)(received.datagrams);
      if (is_gone || !received.has_more) return;
    }
  }

  void tell_writable() {
    wait_for_room(false);
    const auto then = on_writable_;
    if (then) then();
  }

  void wait_for_room(bool waits) {
    if (waits == waits_for_room_) return;
    waits_for_room_ = waits;
    watch();
  }

  void watch() {
    const bool reads = on_receive_ != nullptr;
    const Interest interest = reads ? (waits_for_room_ ? Interest::read_and_write : Interest::read)
                                    : (waits_for_room_ ? Interest::write : Interest::none);
    loop_.rewatch(fd_.get(), *this, interest);
  }

  Loop& loop_;
  Fd fd_;
  Endpoint local_;
  UdpCounters counters_;
  UdpSender sender_;
  UdpReceiver receiver_;
  BufferSizes buffers_;
  std::shared_ptr<const Receiver> on_receive_;
  std::function<void()> on_writable_;
  bool waits_for_room_ = false;
  bool* is_gone_ = nullptr;  // tells on_ready() that a callback destroyed the socket
};

Result<std::unique_ptr<UdpSocket>, SocketError> UdpSocket::bind(Loop& loop, Endpoint local,
                                                                UdpOptions options) {
  auto fd = open_bound(local);
  if (!fd) return Err{SocketError{why_not_bound(local, fd.error())}};
  return std::unique_ptr<UdpSocket>(
      new UdpSocket(std::make_unique<Impl>(loop, std::move(*fd), options)));
}

UdpSocket::UdpSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UdpSocket::~UdpSocket() = default;

std::size_t UdpSocket::send(std::span<const Datagram> batch) {
  return impl_->send(batch);
}
void UdpSocket::on_receive(Receiver receiver) {
  impl_->on_receive(std::move(receiver));
}
void UdpSocket::on_writable(std::function<void()> then) {
  impl_->on_writable(std::move(then));
}
Endpoint UdpSocket::local() const {
  return impl_->local();
}
UdpSocket::BufferSizes UdpSocket::buffers() const {
  return impl_->buffers();
}
bool UdpSocket::sends_trains() const {
  return impl_->sends_trains();
}
const UdpCounters& UdpSocket::counters() const {
  return impl_->counters();
}

}  // namespace mycel::os
