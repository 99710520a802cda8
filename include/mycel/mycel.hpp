#pragma once
// Mycel in your program: a node of the mesh on a thread of its own.
//
//   mycel::Node node({.data_dir = "data", .join = {"/ip4/192.0.2.7/udp/4150/quic-v1"}});
//   auto card = node.publish_card(json_text);
//   if (!card) std::cerr << card.error() << "\n";
//
// Every call blocks until the node answered, and may be made from any thread. Nothing throws: what
// fails says why.

#include <cstdint>
#include <functional>
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

/// A value, or the sentence that says why there is none.
template <class T>
class Outcome {
 public:
  static Outcome of(T value) {
    Outcome outcome;
    outcome.value_ = std::move(value);
    return outcome;
  }
  static Outcome failed(std::string why) {
    Outcome outcome;
    outcome.error_ = std::move(why);
    return outcome;
  }

  explicit operator bool() const { return value_.has_value(); }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return &*value_; }
  /// Empty when there is a value.
  const std::string& error() const { return error_; }

 private:
  std::optional<T> value_;
  std::string error_;
};

struct NodeOptions {
  std::string data_dir;             ///< made when it is not there; empty: the user's default
  std::vector<std::string> listen;  ///< multiaddrs; empty: UDP port 4150 on every address
  std::vector<std::string> join;    ///< multiaddrs of nodes to join
  std::string config_file;          ///< TOML; empty: embedded defaults
  bool is_quiet = true;             ///< no log lines on standard error
};

struct PublishedCard {
  std::string did;  ///< did:key of the agent
  std::string cid;  ///< content id of the card
  std::uint64_t sequence = 0;
};

/// A card whose content hash and signature chain were checked.
struct ResolvedCard {
  std::string did;
  std::string cid;
  std::string document;  ///< JSON
  std::uint64_t sequence = 0;
};

class MYCEL_API Node {
 public:
  /// Starts a node; see `error()` when it could not. Limits and defaults are those of `mycel up`.
  explicit Node(const NodeOptions& options);
  /// Stops it gracefully.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Why the node does not run; empty when it does.
  const std::string& error() const;
  /// The peer id, as text.
  const std::string& peer() const;
  /// Where it listens, as multiaddrs that end in its peer id.
  std::vector<std::string> addresses() const;

  /// Signs the card (JSON after the A2A agent card) with its agent's key and publishes it.
  Outcome<PublishedCard> publish_card(const std::string& json);
  Outcome<ResolvedCard> resolve_card(const std::string& did);

  /// Stores `value` under `key` (with its namespace) on the nodes nearest to it; returns how many.
  Outcome<std::uint32_t> put_record(const std::string& key, const std::string& value);
  Outcome<std::string> get_record(const std::string& key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel
