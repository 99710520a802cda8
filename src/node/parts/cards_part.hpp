#pragma once
// Agent cards of a node: the machine, the keys that sign, the DHT that keeps, and who waits.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "protocol/agents/cards.hpp"
#include "protocol/dht/dht.hpp"

#include "node/parts/part_ports.hpp"

namespace mycel::parts {

/// Signs with an agent's key, made on first use; `then` is called later, never from inside.
class AgentKeys {
 public:
  using Signed = std::function<void(Result<Bytes, std::string>)>;

  virtual Result<std::string, std::string> did_of(const std::string& key) = 0;
  virtual void sign(const std::string& key, const Bytes& bytes, Signed then) = 0;

 protected:
  ~AgentKeys() = default;
};

/// A verified card and how it was found.
struct CardFound {
  agents::VerifiedCard card;
  dht::Facts facts;
  PeerId from;             ///< who held it; this node itself when it did
  bool is_cached = false;  ///< an earlier look-up brought it
  std::shared_ptr<const dht::Explanation> explanation = nullptr;  ///< when it was asked for
};

/// How a card is looked for.
struct CardSearch {
  bool may_be_cached = false;  ///< what an earlier look-up brought a moment ago will do
  bool is_explained = false;  ///< tell who was asked and what each answered; nothing cached will do
};

class CardsPart {
 public:
  using OnEvent = std::function<void(const agents::Event&)>;
  using OnLookup = std::function<void(const dht::LookupDone&)>;
  /// What the part asks of the DHT; the wiring says which one.
  struct DhtEdges {
    std::function<void(const Bytes& key, const Bytes& value, OnLookup)> put;
    std::function<void(const Bytes& key, const CardSearch& how, OnLookup)> get;
  };

  CardsPart(PartPorts ports, agents::Config config, Rng rng, AgentKeys& keys, DhtEdges dht,
            OnEvent on_event);
  CardsPart(const CardsPart&) = delete;
  CardsPart& operator=(const CardsPart&) = delete;

  Result<void, ports::StoreError> load();
  void start();

  /// Signs the card with the agent key that it names and publishes it.
  void publish(std::string_view document, Then<agents::Published> then);
  void revoke(const std::string& did, Then<agents::Published> then);
  void resolve(const std::string& did, Then<CardFound> then) { resolve(did, {}, std::move(then)); }
  void resolve(const std::string& did, const CardSearch& how, Then<CardFound> then);

  /// For liars of the simulator: see Driver.
  void bend(drive::Bend<agents::Output> bend) { driver_.bend(std::move(bend)); }

  const agents::Cards& cards() const { return driver_.machine(); }

 private:
  /// How the last look-up of a key went, kept while somebody resolves it.
  struct Search {
    dht::Facts facts;
    PeerId from;
    bool is_cached = false;
    dht::VerdictCounts refused;
    std::shared_ptr<const dht::Explanation> explanation;
  };
  struct Resolving {
    Bytes key;
    Then<CardFound> then;
  };

  void perform_early(agents::Output& output);
  void perform(agents::Output& output);
  void sign(const agents::Sign& what);
  void put(const agents::Put& what);
  void get(const agents::Get& what);
  void on_event(const agents::Event& event);
  bool is_resolving(const Bytes& key) const;
  void end_publish(agents::PublishId id, const Result<agents::Published, Refusal>& result);
  void end_resolve(agents::ResolveId id,
                   const std::function<Result<CardFound, Refusal>(Search&)>& make);

  PartPorts ports_;
  AgentKeys& keys_;
  DhtEdges dht_;
  OnEvent on_event_;
  std::map<agents::PublishId, Then<agents::Published>> publishing_;
  std::map<agents::ResolveId, Resolving> resolving_;
  std::map<Bytes, Search> searches_;
  std::set<Bytes> explained_;  // keys whose look-ups note down how they go
  drive::Driver<agents::Cards, agents::Output> driver_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace mycel::parts
