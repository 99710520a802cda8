#pragma once
// Shared records of a node: what its agents grant, write and read in them. A change reads the
// record from all who should hold it, signs what is new and puts the merge of both. There is no
// machine: one step follows another, and what the DHT merges in the end is right whatever happens
// meanwhile.

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "protocol/agents/shared_change.hpp"
#include "protocol/dht/dht.hpp"

#include "node/parts/cards_part.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::parts {

/// A record as it was read, every signature checked.
struct SharedFound {
  agents::SharedRecord record;
  std::uint32_t answers = 0;  ///< valid values that were merged
  bool is_cached = false;
  dht::Facts facts;
};
/// A change that was signed and put.
struct SharedChanged {
  agents::SharedName record;
  std::string did;             ///< of the agent that signed
  std::uint64_t sequence = 0;  ///< of the last word that was signed
  dht::Stored stored;
  dht::Facts facts;
};

class SharedPart {
 public:
  using OnLookup = std::function<void(const dht::LookupDone&)>;
  /// What the part asks of the DHT; the wiring says which one, and how many must have answered.
  struct DhtEdges {
    std::function<void(const Bytes& key, const Bytes& value, OnLookup)> put;
    std::function<void(const Bytes& key, bool may_be_cached, OnLookup)> get;
  };

  SharedPart(PartPorts ports, AgentKeys& keys, DhtEdges dht);
  SharedPart(const SharedPart&) = delete;
  SharedPart& operator=(const SharedPart&) = delete;

  // Each as an agent of this node, by the name of its key; empty: the default one.

  // One change of a record at a time; a second one meanwhile is refused as `busy`.

  /// Makes a record of the agent's, in which it and `writers` (DIDs) may write.
  void create(const std::string& agent, const std::string& name,
              const std::vector<std::string>& writers, Then<SharedChanged> then);
  /// Lets `did` write in a record of the agent's. Who was taken off begins anew.
  void admit(const std::string& agent, const std::string& name, const std::string& did,
             Then<SharedChanged> then);
  /// Takes `did` off a record of the agent's, with what it wrote.
  void remove(const std::string& agent, const std::string& name, const std::string& did,
              Then<SharedChanged> then);
  /// Writes in the agent's own place; an empty value clears it.
  void set(const std::string& agent, const agents::SharedName& record, const Bytes& value,
           Then<SharedChanged> then);
  void get(const agents::SharedName& record, bool may_be_cached, Then<SharedFound> then);

 private:
  struct Change;
  /// What is to be signed, given the agent's DID and the record as it was read, if there is one.
  using Plan = std::function<agents::SharedDrafts(const std::string& did,
                                                  const agents::SharedRecord* known)>;

  void begin(const std::string& agent, agents::SharedName record, Plan plan,
             Then<SharedChanged> then);
  void on_read(const std::shared_ptr<Change>& change, const dht::LookupDone& done);
  void sign_next(const std::shared_ptr<Change>& change);
  void put(const std::shared_ptr<Change>& change);
  void end(const std::shared_ptr<Change>& change, const Result<SharedChanged, Refusal>& result);

  PartPorts ports_;
  AgentKeys& keys_;
  DhtEdges dht_;
  // Keys. Two changes of a record at once might number two words the same.
  std::set<Bytes> changing_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace mycel::parts
