#pragma once
// Pure functions run elsewhere, so that the node's thread stays free: hashing, compression, coding.

#include <functional>

namespace mycel::ports {

class Workers {
 public:
  /// Runs `work` on another thread, then `then` on the node's thread. `work` owns what it touches.
  virtual void run(std::function<void()> work, std::function<void()> then) = 0;

 protected:
  ~Workers() = default;
};

}  // namespace mycel::ports
