#pragma once
// Mycel in your program: a node of the mesh on a thread of its own.
//
//   mycel::Node node({.data_dir = "data", .join = {"/ip4/192.0.2.7/udp/4150/quic-v1"}});
//   if (!node.error().empty()) return fail(node.error());
//   auto card = node.resolve_card("did:key:z6Mk...");
//   if (card) std::cout << card->document << "\n";
//   else if (card.reason() != "not_found") std::cerr << card.error() << "\n";
//
// Every call blocks until the node has answered, and may be made from any thread. Nothing throws:
// what fails says why. Texts are UTF-8, addresses are libp2p multiaddrs, peers are libp2p peer ids.
// A whole program that is built against the installed library stands in examples/embed.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#if defined(__GNUC__)
#define MYCEL_API __attribute__((visibility("default")))
#else
#define MYCEL_API
#endif

namespace mycel {

namespace embed {
class RunningNode;
}

/// A value, or why there is none: a word for programs and a sentence for people.
///
/// Every call may fail with these words; those of its own stand beside it:
///   "not_running"  the node did not start; the sentence is that of Node::error()
///   "stopped"      the node stopped before it answered
///   "timeout"      no answer within NodeOptions::call_timeout
///   "bad_input"    an argument cannot be read
template <class T>
class Outcome {
 public:
  static Outcome of(T value) {
    Outcome outcome;
    outcome.value_ = std::move(value);
    return outcome;
  }
  static Outcome failed(std::string reason, std::string error) {
    Outcome outcome;
    outcome.reason_ = std::move(reason);
    outcome.error_ = std::move(error);
    return outcome;
  }

  explicit operator bool() const { return value_.has_value(); }
  /// Only when there is a value.
  const T& operator*() const { return *value_; }
  const T* operator->() const { return &*value_; }
  /// Both empty when there is a value.
  const std::string& reason() const { return reason_; }
  const std::string& error() const { return error_; }

 private:
  Outcome() = default;
  std::optional<T> value_;
  std::string reason_;
  std::string error_;
};

struct NodeOptions {
  /// Made when it is not there; one node at a time may use it. Empty: the user's default.
  std::string data_dir = {};
  /// Multiaddrs; empty: UDP port 4150 on every address, another port when that one is taken.
  std::vector<std::string> listen = {};
  /// Multiaddrs of nodes to join through. They need not be up yet: the node goes on trying.
  std::vector<std::string> join = {};
  /// TOML; empty: the embedded defaults. docs/operate/configuration.md lists the keys.
  std::string config_file = {};
  /// "KEY=VALUE", for example "dht.k=16"; they win over the file.
  std::vector<std::string> settings = {};
  /// False: log lines on standard error.
  bool is_quiet = true;
  /// No call waits longer. What it has begun goes on: a card may be published after that.
  std::chrono::milliseconds call_timeout = std::chrono::seconds{90};
};

struct PublishedCard {
  std::string did;             ///< did:key of the agent
  std::string cid;             ///< content id of the card; empty for a revocation
  std::uint64_t sequence = 0;  ///< counts the statements of this DID, from 1
  std::size_t stored = 0;      ///< nodes that took it
};

/// A card whose content hash and signature chain were checked, and which has not expired.
struct ResolvedCard {
  std::string did;
  std::string cid;
  std::string document;        ///< JSON in canonical form, byte for byte as it was signed
  std::uint64_t sequence = 0;  ///< counts the statements of this DID, from 1
  std::string from;            ///< peer that held it; this node's own when it did
};

struct Provider {
  std::string peer;
  std::vector<std::string> addresses;
};

/// A running node. It serves no control socket and installs no signal handlers, and its threads
/// take no signals: those are the program's. Several may run in one process, each with a data
/// directory of its own. Make it after fork(), not before.
class MYCEL_API Node {
 public:
  /// Starts a node and returns when it listens; see `error()` when it could not. Limits and
  /// defaults are those of `mycel up`.
  explicit Node(const NodeOptions& options);
  /// As stop(). No call may be under way in another thread; to end those, call stop() first.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Why the node did not start; empty when it did.
  const std::string& error() const;
  /// This node's peer id; empty when it did not start.
  const std::string& peer() const;
  /// Where it listens, as multiaddrs that end in its peer id; empty when it does not run.
  std::vector<std::string> addresses() const;
  /// Says goodbye to the peers, which takes a fifth of a second, and stops. Calls that are under
  /// way end with "stopped", and so do later ones.
  void stop();

  /// Connects to whoever answers there, or only to the peer that the address ends in; returns who
  /// it is.
  Outcome<std::string> connect(const std::string& address);
  /// Peers with a connection.
  Outcome<std::vector<std::string>> peers() const;
  /// Waits until the routing table holds `count` peers, so that there is somebody to ask; returns
  /// how many it holds. "timeout" after `patience`.
  Outcome<std::size_t> wait_for_peers(std::size_t count, std::chrono::milliseconds patience) const;

  /// Signs the card (JSON after the A2A agent card) with its agent's key, which is made on first
  /// use, and publishes it; the node then keeps it published as long as it runs.
  /// "bad_card"; "delayed": it is signed and kept, nobody took it yet, and the node tries again.
  Outcome<PublishedCard> publish_card(const std::string& json);
  /// Publishes that this node's card under `did` is no longer valid. "not_own".
  Outcome<PublishedCard> revoke_card(const std::string& did);
  /// Finds a card and checks it. "not_found", "bad_did", "revoked", "expired", "bad_signature", and
  /// what else makes a card one not to trust: a card that fails a check is never returned.
  Outcome<ResolvedCard> resolve_card(const std::string& did);

  /// Stores `value`, any bytes, under `key` ("/mycel-raw/NAME", or another namespace of the
  /// configuration) on the nodes nearest to it; returns how many took it. Records are not signed.
  Outcome<std::size_t> put_record(const std::string& key, const std::string& value);
  /// "not_found".
  Outcome<std::string> get_record(const std::string& key);

  /// Tells the nodes nearest to a content id that this node has the content, and goes on telling
  /// them; returns how many were told.
  Outcome<std::size_t> provide(const std::string& cid);
  /// At most `count`, from 1 to 1000. "not_found".
  Outcome<std::vector<Provider>> find_providers(const std::string& cid, std::size_t count = 20);

 private:
  std::unique_ptr<embed::RunningNode> node_;
};

}  // namespace mycel
