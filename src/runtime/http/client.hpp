#pragma once
// Asks a server on a Unix socket and waits: for command lines.

#include <filesystem>
#include <string>

#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"

#include "runtime/http/message.hpp"

namespace mycel::http {

struct ClientError {
  bool is_absent = false;  ///< nobody listens there
  std::string text;
};

/// Sends `request` and blocks until the answer, an error, or `patience` is over.
Result<Response, ClientError> ask(const std::filesystem::path& socket, const Request& request,
                                  Duration patience);

}  // namespace mycel::http
