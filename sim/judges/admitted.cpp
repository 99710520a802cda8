// Whoever says hello is received as both sides' versions, networks and certificates demand: nobody
// gets in who must be refused, what two agree on is the older version and what both can do, and
// when the faults have stopped nobody stays out who may come in.

#include <algorithm>
#include <map>
#include <optional>

#include "sim/hello_profile.hpp"
#include "sim/run.hpp"

namespace mycel::sim {
namespace {

using session::Session;
using session::Standing;
using session::StrangerPolicy;

/// A certificate that ends is noticed when the next event of its host runs.
constexpr Duration expiry_slack = 2s;

std::vector<std::string> common_features(const HelloProfile& a, const HelloProfile& b) {
  std::vector<std::string> common;
  for (const std::string& feature : a.config.features)
    if (std::ranges::find(b.config.features, feature) != b.config.features.end())
      common.push_back(feature);
  return common;
}

class Admitted final : public Judge {
 public:
  std::string_view name() const override { return "admitted"; }

  void on_fact(Run& run, const Fact& fact, bool is_calm) override {
    const auto* visited = std::get_if<Visited>(&fact);
    if (visited == nullptr || !is_calm || visited->asked_at < run.phase_since()) return;
    if (!run.is_core(visited->node) || !run.is_core(visited->other)) return;
    const bool may = do_meet(profile(run, visited->node), profile(run, visited->other), now(run));
    const std::string who =
        "node " + std::to_string(visited->node) + " and node " + std::to_string(visited->other);
    if (may && !visited->is_in && !is_ending(run, visited->node) && !is_ending(run, visited->other))
      run.accuse(name(), who + " may meet, and were kept apart");
    if (!may && visited->is_in && !is_ending(run, visited->node) && !is_ending(run, visited->other))
      run.accuse(name(), who + " must not meet, and do");
  }

  void watch(Run& run) override {
    if (!has_hello(run)) return;
    for (const std::uint32_t host : run.fleet().alive()) {
      const Wiring& wiring = run.fleet().node(host).wiring();
      if (wiring.hello() == nullptr || run.fleet().is_paused(host)) continue;
      for (const auto& status : wiring.connections().connector().connections()) {
        const auto guest = run.fleet().number_of(status.peer);
        const auto connection = wiring.connections().connector().connection_of(status.peer);
        const Session* session = connection ? wiring.hello()->session(*connection) : nullptr;
        if (guest && session != nullptr && session->standing != Standing::unknown)
          look_at(run, host, *guest, *wiring.hello(), *session);
      }
    }
  }

  /// Who gets no more than identify and ping, or nothing, is not asked to keep records either.
  void conclude(Run& run) override {
    if (!has_hello(run)) return;
    for (const std::uint32_t host : run.fleet().alive())
      for (const std::uint32_t guest : run.fleet().alive()) {
        const HelloProfile& asks = profile(run, host);
        if (host == guest || asks.is_plain || asks.config.strangers == StrangerPolicy::welcome ||
            profile(run, guest).card == Card::expiring)
          continue;
        const Reception due = reception_of(profile(run, guest), asks, now(run));
        const bool is_kept = run.fleet().node(host).wiring().dht().dht().table().contains(
            run.fleet().peer_of(guest));
        if (is_kept && (due.is_refused || due.standing == Standing::stranger))
          run.accuse(name(), "node " + std::to_string(host) + " has node " + std::to_string(guest) +
                                 " in its table, whom it does not let in");
      }
  }

 private:
  static UnixTime now(Run& run) { return run.world().now().unix; }
  static bool has_hello(Run& run) {
    return std::ranges::any_of(run.scenario().workloads,
                               [](const WorkloadSpec& spec) { return spec.name == "hello"; });
  }
  const HelloProfile& profile(Run& run, std::uint32_t number) {
    if (!profiles_) profiles_.emplace(hello_rng(run.world()));
    const auto known = known_.find(number);
    return known != known_.end() ? known->second
                                 : known_.emplace(number, profiles_->of(number)).first->second;
  }
  /// Its certificate ends just now, or has just ended.
  bool is_ending(Run& run, std::uint32_t number) {
    const HelloProfile& guest = profile(run, number);
    const Duration left = guest.expires - now(run);
    return guest.card == Card::expiring && left < 10s && left > -10s;
  }

  void look_at(Run& run, std::uint32_t host, std::uint32_t guest, const session::Hello& hello,
               const Session& session) {
    const HelloProfile& asks = profile(run, host);
    const HelloProfile& says = profile(run, guest);
    const std::string who = "node " + std::to_string(host) + " has node " + std::to_string(guest) +
                            " as a " + std::string(session::to_text(session.standing));
    const bool has_said = session.spoken != Version{};
    // Whoever cannot be heard for a while is a stranger like one who says nothing.
    if (!has_said && session.standing == Standing::stranger) {
      if (asks.config.strangers == StrangerPolicy::refuse)
        run.accuse(name(), who + ", and refuses strangers");
      return;
    }
    const Reception due = reception_of(says, asks, now(run) - expiry_slack);
    if (due.is_refused)
      run.accuse(name(), who + ", whom it must refuse");
    else if (due.standing != session.standing)
      run.accuse(name(), who + " and not as a " + std::string(session::to_text(due.standing)));
    else if (session.common != std::min(asks.config.version, says.config.version) ||
             session.spoken != says.config.version)
      run.accuse(name(), who + " and speaks " + to_text(session.common) + " with it");
    else if (hello.shared_features(session) != common_features(asks, says))
      run.accuse(name(), who + " and believes that it can do other things than it can");
  }

  std::optional<HelloProfiles> profiles_;
  std::map<std::uint32_t, HelloProfile> known_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_admitted() {
  return std::make_unique<Admitted>();
}

}  // namespace mycel::sim
