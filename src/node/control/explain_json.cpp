#include "node/control/explain_json.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "foundation/wire/key.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "protocol/dht/key.hpp"

namespace mycel::control {
namespace {

json::object step_json(const dht::Explanation& explanation, const dht::Step& step) {
  json::object row{{"stage", to_text(step.stage)},
                   {"path", step.path},
                   {"hop", step.hop},
                   {"peer", wire::to_text(step.peer)},
                   {"asked_ms", to_ms(step.asked)},
                   {"outcome", outcome_text(step)}};
  if (step.stage != dht::Stage::sweep && step.path >= explanation.disjoint_paths())
    row["is_retry"] = true;
  if (step.took) row["took_ms"] = to_ms(*step.took);
  if (step.named > 0) row["named"] = step.named;
  if (step.value) row["value"] = *step.value;
  if (step.outcome == dht::Outcome::forged && step.value)
    row["why"] = to_text(explanation.values()[*step.value].verdict);
  return row;
}

json::object value_json(const dht::SeenValue& seen) {
  json::array from;
  for (const PeerId& peer : seen.from) from.emplace_back(wire::to_text(peer));
  return {{"sha256", to_hex(seen.hash.view())}, {"bytes", seen.size},
          {"verdict", to_text(seen.verdict)},   {"holders", seen.from.size()},
          {"is_answer", seen.is_answer},        {"from", std::move(from)}};
}

}  // namespace

json::object to_json(const dht::Explanation& explanation) {
  json::array steps;
  std::set<std::size_t> paths;
  std::map<std::string_view, std::uint64_t> outcomes;
  for (const dht::Step& step : explanation.steps()) {
    steps.push_back(step_json(explanation, step));
    outcomes[outcome_text(step)] += 1;
    if (step.stage == dht::Stage::lookup) paths.insert(step.path);
  }
  json::object counted;
  for (const auto& [outcome, count] : outcomes) counted[outcome] = count;
  json::array values;
  for (const dht::SeenValue& seen : explanation.values()) values.push_back(value_json(seen));
  return {{"disjoint_paths", explanation.disjoint_paths()},
          {"paths_walked", paths.size()},
          {"outcomes", std::move(counted)},
          {"steps", std::move(steps)},
          {"values", std::move(values)},
          {"left_out", explanation.left_out()}};
}

json::object to_json(const Witnessed& witnessed, const Met& met, const PeerId& self) {
  if (!witnessed)
    return {{"signed", json::array()},
            {"reason", witnessed.error().reason},
            {"error", printable(witnessed.error().text)}};
  const auto& proof = *witnessed;
  json::array signers;
  for (const auto& part : proof->parts)
    signers.emplace_back(wire::to_text(wire::peer_id_of(part.attestation.content.signer)));
  auto attested = dht::witness::findings_of({}, proof).neighbours;
  std::erase(attested, crypto::sha256(self.view()));
  std::set<crypto::Digest> points;
  for (const PeerId& peer : met.peers) points.insert(crypto::sha256(peer.view()));
  const auto both =
      std::ranges::count_if(attested, [&](const auto& point) { return points.contains(point); });
  return {{"at", wire::to_text(wire::peer_id_of(proof->draw.operation.target))},
          {"signed", std::move(signers)},
          {"nearest_attested", attested.size()},
          {met.field, both}};
}

}  // namespace mycel::control
