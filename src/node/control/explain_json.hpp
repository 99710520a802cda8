#pragma once
// How a lookup went, as JSON: docs/operate/control-api.md says what the fields mean.

#include <boost/json.hpp>

#include "protocol/dht/explain.hpp"
#include "protocol/dht/witness/findings.hpp"

#include "node/control/json_words.hpp"
#include "node/parts/part_ports.hpp"

namespace mycel::control {

json::object to_json(const dht::Explanation& explanation);

/// What the witnesses of a lookup by `self` signed, or why they did not. The nearest that they name
/// beside itself are compared with those whom the lookup asked.
using Witnessed = Result<dht::witness::Verified<dht::witness::Proof>, parts::Refusal>;
json::object to_json(const Witnessed& witnessed, const dht::Explanation& explanation,
                     const PeerId& self);

}  // namespace mycel::control
