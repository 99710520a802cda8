#include "runtime/os/names.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "foundation/base/result.hpp"
#include "foundation/model/multiaddr.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/os/workers.hpp"
#include "runtime/ports/names.hpp"

namespace mycel::os {
namespace {

using ports::NameError;
using Resolution = Result<Addresses, NameError>;

int family_of(wire::DnsName::Kind kind) {
  switch (kind) {
    case wire::DnsName::Kind::ipv4:
      return AF_INET;
    case wire::DnsName::Kind::ipv6:
      return AF_INET6;
    case wire::DnsName::Kind::any:
    case wire::DnsName::Kind::dnsaddr:
      return AF_UNSPEC;
  }
  return AF_UNSPEC;
}

NameError error_of(const std::string& name, int code) {
  const std::string cannot = "cannot resolve " + name + ": ";
  if (code == EAI_NONAME || code == EAI_NODATA)
    return {cannot + "there is no such name, or it has no address of this kind."};
  if (code == EAI_AGAIN)
    return {cannot + "no name server answers. Check the network and /etc/resolv.conf."};
  return {cannot + ::gai_strerror(code) + "."};
}

std::vector<std::uint8_t> ip_of(const addrinfo& found) {
  std::vector<std::uint8_t> ip;
  if (found.ai_family == AF_INET) {
    const auto* address = reinterpret_cast<const sockaddr_in*>(found.ai_addr);
    ip.resize(sizeof address->sin_addr);
    std::memcpy(ip.data(), &address->sin_addr, ip.size());
  } else if (found.ai_family == AF_INET6) {
    const auto* address = reinterpret_cast<const sockaddr_in6*>(found.ai_addr);
    ip.resize(sizeof address->sin6_addr);
    std::memcpy(ip.data(), &address->sin6_addr, ip.size());
  }
  return ip;
}

/// In the order in which the system would try them (RFC 6724), each once.
Addresses addresses_of(const addrinfo* first, const Multiaddr& address) {
  Addresses addresses;
  for (const addrinfo* found = first; found != nullptr; found = found->ai_next) {
    const auto ip = ip_of(*found);
    if (ip.empty()) continue;
    Multiaddr one = wire::with_ip(address, ip);
    if (std::ranges::find(addresses, one) != addresses.end()) continue;
    addresses.push_back(std::move(one));
    if (addresses.size() == SystemNames::addresses_max) break;
  }
  return addresses;
}

Resolution look_up(const wire::DnsName& name, const Multiaddr& address) {
  addrinfo hints{};
  hints.ai_family = family_of(name.kind);
  hints.ai_socktype = SOCK_DGRAM;  // one answer an address instead of one a protocol
  addrinfo* first = nullptr;
  if (const int code = ::getaddrinfo(name.name.c_str(), nullptr, &hints, &first))
    return Err{error_of(name.name, code)};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(first, ::freeaddrinfo);
  auto addresses = addresses_of(first, address);
  if (addresses.empty()) return Err{error_of(name.name, EAI_NONAME)};
  return addresses;
}

}  // namespace

class SystemNames::Impl {
 public:
  explicit Impl(Loop& loop)
      : loop_(loop),
        pool_(loop, {.threads = SystemNames::threads,
                     .queue_max = lookups_max,
                     .name = "mycel-names",
                     .joins = false}) {}

  void resolve(const Multiaddr& address, Resolved then) {
    const auto name = wire::dns_name(address);
    if (!name) return answer(Addresses{address}, std::move(then));
    if (name->kind == wire::DnsName::Kind::dnsaddr)
      return refuse(*name, "/dnsaddr needs TXT records. Use a /dns address.", std::move(then));
    if (under_way_ >= lookups_max)
      return refuse(*name, "too many names are being looked up. Try again.", std::move(then));
    start(*name, address, std::move(then));
  }

 private:
  void start(const wire::DnsName& name, const Multiaddr& address, Resolved then) {
    under_way_ += 1;
    auto found = std::make_shared<Resolution>(Addresses());
    pool_.run([name, address, found] { *found = look_up(name, address); },
              [this, found, then = std::move(then)] {
                under_way_ -= 1;
                then(std::move(*found));
              });
  }

  void refuse(const wire::DnsName& name, const std::string& why, Resolved then) {
    answer(Err{NameError{"cannot resolve " + name.name + ": " + why}}, std::move(then));
  }

  // Later, as the port promises, and not at all once this is gone.
  void answer(Resolution addresses, Resolved then) {
    loop_.post([alive = std::weak_ptr<int>(alive_), addresses = std::move(addresses),
                then = std::move(then)] {
      if (!alive.expired()) then(addresses);
    });
  }

  Loop& loop_;
  std::size_t under_way_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
  WorkerPool pool_;  // goes first: nothing is told after that
};

SystemNames::SystemNames(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}
SystemNames::~SystemNames() = default;

void SystemNames::resolve(const Multiaddr& address, Resolved then) {
  impl_->resolve(address, std::move(then));
}

}  // namespace mycel::os
