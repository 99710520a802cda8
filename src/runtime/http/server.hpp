#pragma once
// Serves HTTP/1.1 on a Unix socket or on a TCP address of this machine, on the node's own thread.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "foundation/base/result.hpp"

#include "runtime/http/message.hpp"
#include "runtime/os/loop.hpp"

namespace mycel::http {

/// Why there is no server, in words that name the address and the way out.
struct ServerError {
  std::string text;
};

class Server {
 public:
  /// Replaces a socket that a killed node left behind; only its owner may use the new one (0600).
  static Result<std::unique_ptr<Server>, ServerError> listen_unix(os::Loop& loop,
                                                                  const std::filesystem::path& path,
                                                                  Handler handler);
  /// `host` is an address, not a name; port 0 lets the system choose.
  static Result<std::unique_ptr<Server>, ServerError> listen_tcp(os::Loop& loop,
                                                                 const std::string& host,
                                                                 std::uint16_t port,
                                                                 Handler handler);
  /// Stops listening and drops what is under way; the Unix socket is removed.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// The TCP port, or 0.
  std::uint16_t port() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel::http
