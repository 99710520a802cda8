#pragma once
// The DHT of a node: the machine, its requests on the wire, and who waits for lookups.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "protocol/dht/dht.hpp"

#include "node/links/requests.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::parts {

struct DhtSetup {
  std::string protocol = "/mycel/kad/1.0.0";
  dht::Config config;
  std::vector<dht::Namespace> namespaces;
};

class DhtPart final : public links::RequestsObserver {
 public:
  /// Everything but LookupDone, which goes to whoever asked.
  using OnEvent = std::function<void(const dht::Event&)>;
  /// Where the peers of coming requests are said to be.
  using OnAddresses = std::function<void(const PeerInfo&)>;
  using OnLookup = std::function<void(const dht::LookupDone&)>;

  DhtPart(PartPorts ports, DhtSetup setup, const PeerId& self, Rng rng, links::Switch& streams,
          links::ConnectionSource& connections, OnEvent on_event, OnAddresses on_addresses);
  DhtPart(const DhtPart&) = delete;
  DhtPart& operator=(const DhtPart&) = delete;

  Result<void, ports::StoreError> load();
  void bootstrap();
  void set_local_addresses(const Addresses& addresses);
  void on_peer(const PeerInfo& peer, const std::vector<std::string>& protocols);
  void on_peer_gone(const PeerId& peer);
  /// It is not kept in the table any more, nor among what lookups find.
  void bar(const PeerId& peer);
  /// There is a newer value under `key` than one that a lookup brought.
  void on_announced(const Bytes& key);
  links::Requests& requests() { return requests_; }

  /// Starts an operation of the machine: `start(dht, now)` returns its id; `then` hears its end.
  template <class Start>
  void look_up(Start&& start, OnLookup then) {
    const dht::OperationId id =
        driver_.tell([&](dht::Dht& dht, Now now) { return start(dht, now); });
    waiting_.emplace(id, std::move(then));
  }
  /// Sends one message that belongs to no lookup; the answer is the message or none.
  using OnMessage = std::function<void(std::optional<dht::Message>)>;
  void send(const PeerId& to, const dht::Message& message, OnMessage then);

  // For liars of the simulator: see Driver.
  using OnQuestion = std::function<void(InboundId, const PeerId& from, const dht::Message&)>;
  void bend(drive::Bend<dht::Output> bend) { driver_.bend(std::move(bend)); }
  void stir() { driver_.stir(); }
  /// Hears what peers ask before the machine does: an answer alone does not say whom it is for.
  void overhear(OnQuestion on_question) { on_question_ = std::move(on_question); }

  const dht::Dht& dht() const { return driver_.machine(); }
  const std::string& protocol() const { return protocol_; }
  std::uint64_t malformed() const { return malformed_; }

 private:
  void on_answer(RequestId request, Bytes body) override;
  void on_failure(RequestId request, RequestFailure why) override;
  void on_request(links::InboundRequest request) override;

  void perform_early(dht::Output& output);
  void perform(dht::Output& output);
  void send(const dht::Request& request);
  void reply(const dht::Answer& answer);
  void on_event(const dht::Event& event);

  PartPorts ports_;
  std::string protocol_;
  OnEvent on_event_;
  OnAddresses on_addresses_;
  OnQuestion on_question_;
  std::map<dht::OperationId, OnLookup> waiting_;
  // Numbered from the far end, so that they never meet the machine's own.
  std::uint64_t last_own_request_ = UINT64_MAX;
  std::map<RequestId, OnMessage> own_requests_;
  std::uint64_t malformed_ = 0;
  links::Requests requests_;
  drive::Driver<dht::Dht, dht::Output> driver_;
};

}  // namespace mycel::parts
