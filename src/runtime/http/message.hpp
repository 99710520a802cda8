#pragma once
// HTTP as the control API needs it: whole requests, whole answers, both bounded.

#include <functional>
#include <string>

namespace mycel::http {

struct Request {
  std::string method;
  std::string path;   ///< decoded, without the query
  std::string query;  ///< as it stands behind the question mark
  std::string body;
};

struct Response {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
};

/// Answers one request, once; later is fine, and after the client left it does nothing.
using Reply = std::function<void(Response)>;
using Handler = std::function<void(Request, Reply)>;

}  // namespace mycel::http
