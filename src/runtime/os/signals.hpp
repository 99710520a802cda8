#pragma once
// What the system asks of the process.

#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/os/loop.hpp"

namespace mycel::os {

enum class Signal : std::uint8_t {
  interrupt,  ///< SIGINT: somebody pressed Ctrl-C
  terminate,  ///< SIGTERM: the service manager wants it to end
  reload,     ///< SIGHUP: read the configuration again
};

/// Turns signals into calls on the loop's thread. While it lives, SIGPIPE and SIGXFSZ are ignored:
/// the write that they belong to fails with an error, which is handled where it happens. When it
/// goes, everything is as it was. At most one at a time.
class Signals {
 public:
  Signals(Loop& loop, std::function<void(Signal)> then);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel::os
