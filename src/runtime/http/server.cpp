#include "runtime/http/server.hpp"

#include <chrono>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <sys/stat.h>
#include <sys/un.h>

#include "runtime/os/asio.hpp"

namespace mycel::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Error = boost::system::error_code;

// Bounds on what one client may cost; the control API is for people and scripts of this machine.
constexpr std::size_t sessions_max = 64;
constexpr std::size_t body_size_max_bytes = 8 * 1024 * 1024;
constexpr std::size_t header_size_max_bytes = 16 * 1024;
constexpr std::size_t unix_path_size_max = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::chrono::seconds idle_max{60};
constexpr std::chrono::milliseconds accept_pause{100};  // after a failure, such as no descriptors

Request to_request(const beast::http::request<beast::http::string_body>& raw) {
  Request request{
      .method = std::string(raw.method_string()), .path = {}, .query = {}, .body = raw.body()};
  const auto target = boost::urls::parse_origin_form(raw.target());
  if (!target) return request;  // an empty path is nobody's: 404
  request.path = target->path();
  request.query = std::string(target->encoded_query());
  return request;
}

/// One client's connection: a request, its answer, and so on until the client leaves.
template <class Protocol>
class Session : public std::enable_shared_from_this<Session<Protocol>> {
 public:
  Session(typename Protocol::socket socket, const Handler& handler)
      : socket_(std::move(socket)), handler_(handler), idle_(socket_.get_executor()) {}

  void start() { read(); }
  void close() {
    Error ignored;
    socket_.close(ignored);
    idle_.cancel();
  }
  bool is_open() const { return socket_.is_open(); }

 private:
  void read() {
    parser_.emplace();
    parser_->body_limit(body_size_max_bytes);
    parser_->header_limit(header_size_max_bytes);
    watch_idle();
    beast::http::async_read(socket_, buffer_, *parser_,
                            [self = this->shared_from_this()](Error error, std::size_t) {
                              if (error) return self->close();
                              self->handle();
                            });
  }

  void handle() {
    idle_.cancel();
    const auto raw = parser_->release();
    const bool keep_alive = raw.keep_alive();
    auto replied = std::make_shared<bool>(false);
    handler_(to_request(raw),
             [self = this->shared_from_this(), keep_alive, replied](Response response) {
               if (!std::exchange(*replied, true)) self->write(std::move(response), keep_alive);
             });
  }

  void write(Response response, bool keep_alive) {
    if (!is_open()) return;
    response_ = {};
    response_.result(response.status);
    response_.set(beast::http::field::content_type, response.type);
    response_.keep_alive(keep_alive);
    response_.body() = std::move(response.body);
    response_.prepare_payload();
    watch_idle();  // a client that does not read its answer must not keep its place
    beast::http::async_write(
        socket_, response_,
        [self = this->shared_from_this(), keep_alive](Error error, std::size_t) {
          if (error || !keep_alive) return self->close();
          self->read();
        });
  }

  void watch_idle() {
    idle_.expires_after(idle_max);
    idle_.async_wait([weak = this->weak_from_this()](Error error) {
      const auto self = weak.lock();
      if (self && !error) self->close();
    });
  }

  typename Protocol::socket socket_;
  const Handler handler_;
  asio::steady_timer idle_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  beast::http::response<beast::http::string_body> response_;
};

/// Accepts clients, up to the limit; further ones are dropped at once.
template <class Protocol>
class Acceptor {
 public:
  Acceptor(asio::io_context& context, Handler handler)
      : acceptor_(context), pause_(context), handler_(std::move(handler)) {}
  // NOLINTNEXTLINE(bugprone-exception-escape): Asio's timers throw only when they do not exist
  ~Acceptor() {
    *alive_ = false;
    Error ignored;
    pause_.cancel();
    acceptor_.close(ignored);
    for (const auto& weak : sessions_)
      if (const auto session = weak.lock()) session->close();
  }
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  Error listen(const typename Protocol::endpoint& endpoint) {
    Error error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) accept();
    return error;
  }
  typename Protocol::endpoint local() const {
    Error ignored;
    return acceptor_.local_endpoint(ignored);
  }

 private:
  using Sessions = std::set<std::weak_ptr<Session<Protocol>>, std::owner_less<>>;

  void accept() {
    acceptor_.async_accept([this, alive = alive_](Error error, typename Protocol::socket socket) {
      if (!*alive || error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      start(std::move(socket));
      accept();
    });
  }

  void accept_later() {
    pause_.expires_after(accept_pause);
    pause_.async_wait([this, alive = alive_](Error error) {
      if (*alive && !error) accept();
    });
  }

  void start(typename Protocol::socket socket) {
    std::erase_if(sessions_, [](const auto& session) { return session.expired(); });
    if (sessions_.size() >= sessions_max) return;
    const auto session = std::make_shared<Session<Protocol>>(std::move(socket), handler_);
    sessions_.insert(session);
    session->start();
  }

  typename Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  Handler handler_;
  Sessions sessions_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

using UnixAcceptor = Acceptor<asio::local::stream_protocol>;
using TcpAcceptor = Acceptor<asio::ip::tcp>;

// A socket file without a listener is what a killed node leaves behind.
bool is_abandoned(asio::io_context& context, const std::filesystem::path& path) {
  asio::local::stream_protocol::socket probe(context);
  Error error;
  probe.connect(asio::local::stream_protocol::endpoint(path.string()), error);
  return error == asio::error::connection_refused;
}

}  // namespace

struct Server::Impl {
  std::unique_ptr<UnixAcceptor> local;
  std::unique_ptr<TcpAcceptor> tcp;
  std::filesystem::path path;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  if (impl_->path.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(impl_->path, ignored);
}

Result<std::unique_ptr<Server>, ServerError> Server::listen_unix(os::Loop& loop,
                                                                 const std::filesystem::path& path,
                                                                 Handler handler) {
  if (path.native().size() > unix_path_size_max) {
    return Err{ServerError{"control socket path " + path.string() + " is longer than " +
                           std::to_string(unix_path_size_max) +
                           " bytes, which is all that the system takes; choose a shorter one with "
                           "control.socket in the configuration"}};
  }
  asio::io_context& context = os::io_context_of(loop);
  std::error_code ignored;
  if (std::filesystem::is_socket(path, ignored) && is_abandoned(context, path))
    std::filesystem::remove(path, ignored);
  auto impl = std::make_unique<Impl>();
  impl->local = std::make_unique<UnixAcceptor>(context, std::move(handler));
  const auto old_mask = ::umask(0177);
  const Error error = impl->local->listen(asio::local::stream_protocol::endpoint(path.string()));
  ::umask(old_mask);
  if (error) {
    return Err{ServerError{"cannot listen on control socket " + path.string() + ": " +
                           error.message() +
                           "; another node may use it, or its folder may not be writable"}};
  }
  impl->path = path;
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Result<std::unique_ptr<Server>, ServerError> Server::listen_tcp(os::Loop& loop,
                                                                const std::string& host,
                                                                std::uint16_t port,
                                                                Handler handler) {
  Error error;
  const auto address = asio::ip::make_address(host, error);
  auto impl = std::make_unique<Impl>();
  impl->tcp = std::make_unique<TcpAcceptor>(os::io_context_of(loop), std::move(handler));
  if (!error) error = impl->tcp->listen(asio::ip::tcp::endpoint(address, port));
  if (error) {
    return Err{ServerError{"cannot listen on " + host + ":" + std::to_string(port) + ": " +
                           error.message() + "; choose another address or port 0"}};
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  return impl_->tcp ? impl_->tcp->local().port() : 0;
}

}  // namespace mycel::http
