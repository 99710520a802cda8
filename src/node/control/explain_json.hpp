#pragma once
// How a lookup went, as JSON: docs/operate/control-api.md says what the fields mean.

#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "protocol/dht/explain.hpp"
#include "protocol/dht/witness/findings.hpp"

#include "node/control/json_words.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::control {

json::object to_json(const dht::Explanation& explanation);

/// Whom an operation met, for comparison with the nearest that witnesses name.
struct Met {
  std::string_view field;  ///< that says how many of those it met
  std::vector<PeerId> peers;
};
/// What the witnesses of an operation by `self` signed, or why they did not.
using Witnessed = Result<dht::witness::Verified<dht::witness::Proof>, parts::Refusal>;
json::object to_json(const Witnessed& witnessed, const Met& met, const PeerId& self);

}  // namespace mycel::control
