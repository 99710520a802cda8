// What can be said of the network that a node belongs to, and of the protocols that it speaks
// there.

#include "foundation/model/version.hpp"
#include "foundation/wire/did_key.hpp"

#include "node/config/key_kinds.hpp"

namespace mycel::config {
namespace {

bool is_network(std::string_view text) {
  const auto is_plain_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= 48 && is_plain_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_plain_letter(c) || c == '.' || c == '_' || c == '-';
         });
}
bool is_authority(std::string_view text) {
  return text.empty() || wire::parse_did(text);
}

bool is_version(std::string_view text) {
  return parse_version(text).has_value();
}

}  // namespace

std::vector<Key> network_keys() {
  return {
      text("network.id", MEMBER(network.id), is_network,
           "1 to 48 of a-z, 0-9, '.', '_' and '-', a letter or digit first",
           "The network that the node belongs to. Mycel nodes of another one are refused."),
      choice<StrangerRule>(
          "network.strangers", MEMBER(network.strangers),
          {{"welcome", StrangerRule::welcome},
           {"limited", StrangerRule::limited},
           {"refuse", StrangerRule::refuse}},
          "What peers get that do not belong to the network: plain libp2p peers, "
          "and in a closed network whoever shows no certificate. \"welcome\" gives "
          "all that libp2p peers get, \"limited\" identify and ping, \"refuse\" "
          "closes the connection."),
      text("network.authority", MEMBER(network.authority), is_authority,
           "a did:key, as `mycel network create` prints it",
           "The key that admits members: the network is closed. Empty: it is open."),
      text("network.certificate_file", MEMBER(network.certificate_file), is_path, "a path",
           "This node's membership certificate, as `mycel network admit` makes it."),
      text("network.join_token_file", MEMBER(network.join_token_file), is_path, "a path",
           "A file with a token that Mycel nodes have to know beside all else, and nothing else. "
           "It is proved, not sent. Take a random one: a token that can be guessed can be found by "
           "whoever this node dials. Empty: none is asked for."),
      number("network.id_difficulty", MEMBER(network.id_difficulty), 0, 32,
             "Costly ids: leading zero bits that the hash of a peer's point must have before it "
             "enters a routing table or is believed in a lookup; a key takes two to this number of "
             "tries. `mycel identity new --difficulty` finds one, and so does the first start of a "
             "node. All nodes of a network should agree; 16 takes seconds. 0: every id will do."),
      boolean("network.certified_ids", MEMBER(network.certified_ids),
              "Certified ids: only members of the closed network, who have shown a certificate, "
              "enter the routing table and are believed in lookups, whatever network.strangers "
              "lets others do."),
      text("protocol.version", MEMBER(protocol.version), is_version,
           "three numbers, such as \"1.0.0\"",
           "The newest version that the node says it speaks: for tests and for a careful upgrade."),
      text("protocol.minimum_version", MEMBER(protocol.minimum_version), is_version,
           "three numbers, such as \"1.0.0\"",
           "Peers below it are refused. At most protocol.version."),
      time("protocol.hello_timeout", MEMBER(protocol.hello_timeout), 100ms, 1min,
           "A peer that does not say who it is for so long is a stranger."),
  };
}

}  // namespace mycel::config
