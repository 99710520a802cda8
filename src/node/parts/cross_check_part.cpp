#include "node/parts/cross_check_part.hpp"

#include <utility>

namespace mycel::parts {

using Named = std::optional<std::vector<PeerId>>;

CrossCheckPart::CrossCheckPart(const PartPorts& ports, const dht::CrossCheckConfig& config, Rng rng,
                               CrossCheckEdges edges, OnEvent on_event)
    : events_(ports.events),
      edges_(std::move(edges)),
      on_event_(std::move(on_event)),
      driver_(ports.driver, dht::CrossCheck(config, rng),
              [this](dht::CrossCheckOutput& output) { perform(output); }) {}

void CrossCheckPart::start() {
  driver_.tell([](dht::CrossCheck& it, Now now) { it.start(now); });
}

void CrossCheckPart::perform(dht::CrossCheckOutput& output) {
  for (const dht::CrossCheckSearch& search : output.searches)
    edges_.find_nearest(search.key, [this](const Named& found) {
      driver_.tell([&](dht::CrossCheck& it, Now now) {
        it.on_found(now, found.value_or(std::vector<PeerId>{}));
      });
    });
  for (const dht::CrossCheckQuestion& question : output.questions)
    edges_.ask(question.to, question.key, [this, id = question.id](const Named& named) {
      driver_.tell([&](dht::CrossCheck& it, Now now) { it.on_list(now, id, named); });
    });
  for (dht::CrossCheckEvent& event : output.events)
    events_.post([this, event = std::move(event)] { on_event_(event); });
}

}  // namespace mycel::parts
