#pragma once
// Names by the system's resolver: DNS, the hosts file, and whatever else nsswitch.conf says.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "foundation/model/multiaddr.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/ports/names.hpp"

namespace mycel::os {

/// Resolves on threads of its own, because the system's resolver may keep one for half a minute. A
/// name that is being looked up when this goes is left to itself, and its answer dropped.
class SystemNames final : public ports::Names {
 public:
  /// Names that are looked up at once; more are refused, so that a peer's addresses cannot pile up.
  static constexpr std::size_t lookups_max = 64;
  /// Addresses of one name; the rest is dropped.
  static constexpr std::size_t addresses_max = 16;
  static constexpr std::size_t threads = 4;

  explicit SystemNames(Loop& loop);
  ~SystemNames();
  SystemNames(const SystemNames&) = delete;
  SystemNames& operator=(const SystemNames&) = delete;

  /// An address without a name stands for itself. /dnsaddr is refused: its answers are TXT records,
  /// which the system's resolver does not give.
  void resolve(const Multiaddr& address, Resolved then) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel::os
