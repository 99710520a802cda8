#include "runtime/http/client.hpp"

#include <optional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <sys/un.h>

namespace mycel::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Error = boost::system::error_code;

constexpr std::size_t body_size_max_bytes = 64 * 1024 * 1024;

ClientError absent(const std::filesystem::path& socket, const Error& error) {
  return {.is_absent = true,
          .text = "no node listens on " + socket.string() + " (" + error.message() +
                  "); start one with `mycel up`, or name its folder with --data"};
}

}  // namespace

Result<Response, ClientError> ask(const std::filesystem::path& path, const Request& request,
                                  Duration patience) {
  asio::io_context context;
  asio::local::stream_protocol::socket socket(context);
  Error error;
  if (path.native().size() >= sizeof(sockaddr_un::sun_path))
    return Err{
        ClientError{.is_absent = true, .text = path.string() + " is too long for a socket path"}};
  socket.connect(asio::local::stream_protocol::endpoint(path.string()), error);
  if (error) return Err{absent(path, error)};

  beast::http::request<beast::http::string_body> outgoing;
  outgoing.method(beast::http::string_to_verb(request.method));
  outgoing.target(request.path + (request.query.empty() ? "" : "?" + request.query));
  outgoing.version(11);
  outgoing.set(beast::http::field::host, "mycel");
  outgoing.keep_alive(false);
  outgoing.body() = request.body;
  outgoing.prepare_payload();

  beast::flat_buffer buffer;
  beast::http::response_parser<beast::http::string_body> parser;
  parser.body_limit(body_size_max_bytes);
  std::optional<Error> outcome;
  beast::http::async_write(socket, outgoing, [&](Error failure, std::size_t) {
    if (failure) return void(outcome = failure);
    beast::http::async_read(socket, buffer, parser,
                            [&](Error read, std::size_t) { outcome = read; });
  });
  context.run_for(patience);
  if (!outcome) {
    return Err{ClientError{.text = "the node on " + path.string() + " did not answer within " +
                                   std::to_string(milliseconds(patience) / 1000) +
                                   " s; see whether it is overloaded or stopped, or wait longer "
                                   "with --timeout"}};
  }
  if (*outcome)
    return Err{ClientError{.text = "the node's answer broke off: " + outcome->message()}};
  auto answer = parser.release();
  return Response{.status = answer.result_int(),
                  .type = std::string(answer[beast::http::field::content_type]),
                  .body = std::move(answer.body())};
}

}  // namespace mycel::http
