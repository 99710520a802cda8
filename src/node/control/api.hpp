#pragma once
// The control API: what people and scripts may ask of a running node, as JSON over HTTP. The routes
// are listed in docs/operate/control-api.md.

#include <cstdint>
#include <functional>
#include <string>

#include <boost/json/object.hpp>

#include "node/control/explain_json.hpp"
#include "node/daemon/daemon.hpp"
#include "runtime/http/message.hpp"

namespace mycel::control {

class Api {
 public:
  /// `daemon` outlives the API; `stop` ends the node.
  Api(daemon::Daemon& daemon, std::function<void()> stop)
      : daemon_(daemon), stop_(std::move(stop)) {}

  void handle(const http::Request& request, const http::Reply& reply);

 private:
  void status(const http::Reply& reply) const;
  void peers(const http::Reply& reply) const;
  void doctor(const http::Reply& reply) const;
  void dial(const http::Request& request, const http::Reply& reply);
  void on_dialled(const connect::PeerConnected& connected, const std::string& protocol,
                  const http::Reply& reply);
  void ping(const http::Request& request, const http::Reply& reply);
  void publish_card(const http::Request& request, const http::Reply& reply);
  void list_cards(const http::Reply& reply) const;
  void get_card(const http::Request& request, const http::Reply& reply);
  void revoke_card(const std::string& did, const http::Reply& reply);

  // Values and providers: records_api.cpp.
  void put_record(const http::Request& request, const http::Reply& reply);
  void get_record(const http::Request& request, const http::Reply& reply);
  void witness(const dht::witness::Ask& ask, Met met, boost::json::object body,
               const http::Reply& reply);
  void provide(const http::Request& request, const http::Reply& reply);
  void find_providers(const http::Request& request, const http::Reply& reply);

  // Shared records: shared_api.cpp.
  void create_shared(const http::Request& request, const http::Reply& reply);
  void admit_to_shared(const http::Request& request, const http::Reply& reply);
  void remove_from_shared(const http::Request& request, const http::Reply& reply);
  void set_shared(const http::Request& request, const http::Reply& reply);
  void get_shared(const http::Request& request, const http::Reply& reply);
  parts::Then<parts::SharedChanged> when_changed(const http::Reply& reply);

  daemon::Daemon& daemon_;
  std::function<void()> stop_;
};

}  // namespace mycel::control
