#pragma once
// Names that people give to addresses: DNS, and the hosts file.

#include <functional>
#include <string>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/model/multiaddr.hpp"

namespace mycel::ports {

struct NameError {
  std::string text;  ///< names the name that was asked for
};

class Names {
 public:
  using Resolved = std::function<void(Result<Addresses, NameError>)>;

  /// Replaces a leading /dns, /dns4, /dns6 by the addresses it stands for; the rest of the path is
  /// kept. `then` is called later, never before this returns.
  virtual void resolve(const Multiaddr& address, Resolved then) = 0;

 protected:
  ~Names() = default;
};

}  // namespace mycel::ports
