#pragma once
// An agent card: what an agent says it can do, in the JSON of the A2A protocol, so that a card file
// of any A2A agent can be published here and what is resolved here can be handed to any A2A client.
// Fields that are not known here are kept as they were written. Source: A2A specification 0.3.0,
// AgentCard; of 1.0 the field `supportedInterfaces`, which took the place of `url`.
//
// Beside A2A's fields a card file may hold one object of ours:
//   "mycel": { "expires_in": "24h",        how long a signature of this card lasts
//              "agent": "weather",         which of the node's agent keys signs it
//              "region": "eu-central" }    where the agent runs
// `expires_in` and `agent` are words to the publishing node and do not leave it.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/base/time.hpp"

namespace mycel::agents {

inline constexpr std::size_t document_size_max_bytes = std::size_t{32} * 1024;
inline constexpr std::size_t document_depth_max = 16;
inline constexpr std::size_t skills_max = 64;
/// How long a card may be valid. The longest is also how long a revocation has to be remembered.
inline constexpr Duration card_lifetime_min = 10s;
inline constexpr Duration card_lifetime_max = std::chrono::hours{24 * 30};

struct Provider {
  std::string organization;
  std::string url;
};

struct Capabilities {
  bool streaming = false;
  bool push_notifications = false;
  bool state_transition_history = false;
};

/// One way to reach the agent.
struct Interface {
  std::string url;
  std::string transport;  ///< "JSONRPC", "GRPC", "HTTP+JSON" or a name of its own
};

struct Skill {
  std::string id;
  std::string name;
  std::string description;
  std::vector<std::string> tags;
  std::vector<std::string> examples;
  std::vector<std::string> input_modes;   ///< empty: the card's default
  std::vector<std::string> output_modes;  ///< empty: the card's default
};

/// The known fields of a card. Security schemes and whatever else it holds stay in the document.
struct Card {
  std::string name;
  std::string description;
  std::string url;  ///< empty only when `interfaces` has one
  std::string version;
  std::string protocol_version;
  std::string preferred_transport;
  std::string documentation_url;
  std::string icon_url;
  std::optional<Provider> provider;
  Capabilities capabilities;
  std::vector<Interface> interfaces;  ///< beside `url`
  std::vector<Skill> skills;
  std::vector<std::string> default_input_modes;
  std::vector<std::string> default_output_modes;
  std::string region;  ///< of the `mycel` object; empty when it says none
};

/// A card file that is fit to be signed.
struct CardFile {
  Card card;
  Bytes document;  ///< canonical JSON: what is signed, hashed and shipped
  std::optional<Duration> expires_in;
  std::string agent;  ///< name of the key that signs; empty when the file does not say
};

/// One thing that is wrong with a document: `skills[2].id: "" is empty; ...`.
struct CardProblem {
  std::string field;  ///< as a path; empty for the document as a whole
  std::string text;   ///< the value, and what is allowed
};
std::string to_text(const CardProblem& problem);

/// Everything that is wrong, in the order of the fields; at most 32 problems.
struct CardProblems {
  std::vector<CardProblem> problems;
  bool is_too_large = false;  ///< the document passes its limit of size or depth
};
/// One line a problem.
std::string to_text(const CardProblems& problems);

/// Reads the JSON of a card file. Fields that A2A demands and whose value is plain get it:
/// protocolVersion "0.3.0", capabilities {}, both default modes ["text/plain"].
Result<CardFile, CardProblems> parse_card_file(std::string_view json);

/// Reads the document of somebody's signed card. Nothing is filled in: it stays as it was signed.
Result<Card, CardProblems> parse_card(ByteView document);

/// A name for an agent's key, or for a region: 1 to 64 of a-z, 0-9, '.', '_', '-', starting with a
/// letter or digit.
bool is_plain_name(std::string_view name);

}  // namespace mycel::agents
