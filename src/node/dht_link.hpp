#pragma once
// The DHT over the wire: turns its messages into requests and back.

#include "node/drive/driver.hpp"
#include "node/links/requests.hpp"
#include "protocol/dht/dht.hpp"

namespace mycel {

using DhtDriver = drive::Driver<dht::Dht, dht::Output>;

class DhtLink final : public links::RequestsObserver {
 public:
  /// `dht` is told of what arrives; it is set before anything can.
  DhtLink(std::string protocol, links::Switch& streams, links::ConnectionSource& connections,
          ports::Timers& timers, drive::EventQueue& events);

  void attach(DhtDriver& dht) { dht_ = &dht; }
  void send(const dht::Request& request);
  void reply(const dht::Answer& answer);
  links::Requests& requests() { return requests_; }

  std::uint64_t malformed() const { return malformed_; }

 private:
  void on_answer(RequestId request, Bytes body) override;
  void on_failure(RequestId request, RequestFailure why) override;
  void on_request(links::InboundRequest request) override;

  links::Requests requests_;
  DhtDriver* dht_ = nullptr;
  std::uint64_t malformed_ = 0;
};

}  // namespace mycel
