#include "sim/datagram_scenario.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "sim/datagram_node.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t violations_max = 20;
constexpr Duration join_time = 10s;
/// Records are put and looked up this often.
constexpr Duration lookup_every = 2s;
constexpr Duration step = 50ms;
/// Of REQUIREMENTS.md, T9: one message in ten thousand may be lost, one in a hundred come late.
constexpr std::uint64_t lost_share_max = 10'000;
constexpr std::uint64_t out_of_order_share_max = 100;
/// A dead connection is noticed after 5 to 30 s (runtime/quic), and who then dials in vain waits
/// 10 s before the next time (protocol/connect).
constexpr Duration recovery_max = 45s;
/// So long letters are sent again in good weather before they count as lost.
constexpr Duration patience = 90s;
/// A node holds a request to each peer, a request of each, and those of a few lookups (8 paths of 3
/// at once, each way). More is a leak.
constexpr std::size_t requests_per_peer_max = 64;
/// One that is used, and others that are being replaced.
constexpr std::size_t connections_per_peer_max = 4;

dht::Namespace any_value() {
  return {.prefix = "/sim/",
          .validate = [](ByteView, ByteView, UnixTime) { return dht::Verdict::valid; },
          .better =
              [](ByteView, ByteView a, ByteView b) {
                const auto order = compare(a, b);
                return order > 0 ? 1 : order < 0 ? -1 : 0;
              }};
}

Bytes key_of(std::uint64_t number) {
  return Bytes::copy("/sim/" + std::to_string(number));
}
Bytes value_of(std::uint64_t number) {
  return Bytes::copy("value " + std::to_string(number * 7919));
}

class DatagramRun {
 public:
  DatagramRun(const DatagramScenario& scenario,
              const std::function<void(const std::string&)>& progress)
      : scenario_(scenario),
        progress_(progress),
        world_(scenario.seed),
        network_(world_, scenario.weather_before),
        rng_(world_.fork("scenario")),
        disks_(scenario.nodes),
        nodes_(scenario.nodes),
        killed_at_(scenario.nodes),
        mail_(
            scenario.message_size_bytes,
            [this](const Letter& letter, const Bytes& key, const Bytes& content) {
              send(letter, key, content);
            },
            [this](std::uint32_t node) {
              return nodes_[node] != nullptr && nodes_[node]->heard_at() == now();
            }) {}

  DatagramOutcome tell() {
    say("joining");
    for (std::uint32_t number = 0; number < scenario_.nodes; ++number) start(number);
    run_for(join_time);
    say("bad weather: " + scenario_.condition);
    network_.set_weather(scenario_.weather);
    endure();
    say("the weather clears");
    network_.set_weather(scenario_.weather_after);
    clear();
    say("looking everything up");
    look_up_all();
    conclude();
    return std::move(outcome_);
  }

 private:
  void say(const std::string& what) const {
    if (progress_) progress_(what);
  }
  void accuse(std::string what) {
    if (outcome_.violations.size() < violations_max) outcome_.violations.push_back(std::move(what));
  }
  Instant now() const { return world_.now().instant; }

  struct Kill {
    Instant at;
    std::set<std::uint32_t> noticed_by;
  };

  // Nodes.

  void start(std::uint32_t number) {
    NodeSetup setup;
    setup.identify.observed.is_private_allowed = true;
    setup.dht.namespaces = {any_value(), mail_.at_node(number)};
    if (number > 0) setup.join = {DatagramNetwork::address_of(0)};
    nodes_[number] = std::make_unique<DatagramNode>(world_, network_, disks_[number], number,
                                                    lives_++, std::move(setup));
    nodes_[number]->wiring().on_event = [this, number](std::string_view event, const PeerId& peer) {
      if (event == "disconnected") on_disconnected(number, peer);
    };
    if (const auto started = nodes_[number]->start(); !started)
      accuse("node " + std::to_string(number) + " did not start: " + started.error().text);
    mail_.set_up(number, true);
    killed_at_[number].reset();
  }

  void kill(std::uint32_t number) {
    nodes_[number].reset();
    mail_.set_up(number, false);
    killed_at_[number] = now();
    last_kills_[number] = {now(), {}};
    outcome_.kills += 1;
  }

  /// What a peer of the killed node hears of it first, while it is down or thereafter.
  void on_disconnected(std::uint32_t at, const PeerId& peer) {
    outcome_.connections_lost += 1;
    for (auto& [number, kill] : last_kills_)
      if (DatagramNode::peer_of(number) == peer && kill.noticed_by.insert(at).second)
        outcome_.notice_times.push_back(now() - kill.at);
  }

  std::uint32_t any_node() { return static_cast<std::uint32_t>(rng_.below(scenario_.nodes)); }
  DatagramNode* any_alive() {
    DatagramNode* node = nodes_[any_node()].get();
    while (node == nullptr) node = nodes_[any_node()].get();
    return node;
  }

  void send(const Letter& letter, const Bytes& key, const Bytes& content) {
    nodes_[letter.from]->wiring().dht().send(
        DatagramNode::peer_of(letter.to),
        {.type = dht::MessageType::put_value, .key = key, .record = dht::Record{key, content, {}}},
        [this, letter](const std::optional<dht::Message>& answer) {
          mail_.on_answer(letter, answer.has_value(), now());
        });
  }

  // The bad weather.

  void endure() {
    const Instant start_at = now();
    Instant write_at = start_at, look_at = start_at, kill_at = start_at + 1s;
    std::uint32_t victim = 0;
    while (now() - start_at < scenario_.lasts || outcome_.kills < scenario_.kills ||
           mail_.figures().written < scenario_.messages_min) {
      for (; write_at <= now(); write_at += scenario_.message_every) write_letters();
      for (; look_at <= now(); look_at += lookup_every) look_up_some();
      if (kill_at <= now() && outcome_.kills < scenario_.kills) {
        victim = (victim + 1) % scenario_.nodes;
        kill(victim);
        kill_at = now() + scenario_.down + 1s;
      }
      revive(scenario_.down);
      run_for(step);
    }
    revive(Duration::zero());
  }

  void revive(Duration after) {
    for (std::uint32_t number = 0; number < scenario_.nodes; ++number)
      if (killed_at_[number] && now() - *killed_at_[number] >= after) start(number);
  }

  void write_letters() {
    for (std::uint32_t from = 0; from < scenario_.nodes; ++from) {
      const auto other = static_cast<std::uint32_t>(rng_.below(scenario_.nodes - 1));
      mail_.write(from, other < from ? other : other + 1, now());
    }
  }

  void look_up_some() {
    const std::uint64_t number = next_record_++;
    outcome_.puts += 1;
    outcome_.puts_failed += 1;
    any_alive()->wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.put(now, key_of(number), value_of(number)); },
        [this, number](const dht::LookupDone& done) {
          const auto* stored = std::get_if<dht::Stored>(&done.result);
          if (stored == nullptr || stored->count == 0) return;
          acknowledged_.push_back(number);
          outcome_.puts_failed -= 1;
        });
    if (acknowledged_.empty()) return;
    look_up(acknowledged_[rng_.below(acknowledged_.size())], outcome_.gets, outcome_.gets_failed);
  }

  // It has failed until it has ended well.
  void look_up(std::uint64_t number, std::uint64_t& gets, std::uint64_t& failed) {
    gets += 1;
    failed += 1;
    any_alive()->wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.get(now, key_of(number)); },
        [this, number, &failed](const dht::LookupDone& done) {
          const auto* value = std::get_if<dht::Value>(&done.result);
          if (value == nullptr) return;
          failed -= 1;
          if (value->value != value_of(number))
            accuse("record " + std::to_string(number) + " was found with another value");
        });
  }

  // Afterwards.

  void clear() {
    const Instant clear_at = now();
    std::set<std::pair<std::uint32_t, std::uint32_t>> silent;
    for (std::uint32_t a = 0; a < scenario_.nodes; ++a)
      for (std::uint32_t b = 0; b < scenario_.nodes; ++b)
        if (a != b) silent.insert({a, b});
    outcome_.recovered_in = recovery_max;
    while (now() - clear_at < patience && (mail_.waiting() > 0 || !silent.empty())) {
      for (const auto& [a, b] : silent)
        nodes_[a]->wiring().ping().ping(
            DatagramNode::peer_of(b),
            [&silent, this, clear_at, pair = std::pair{a, b}](auto&& result) {
              if (!result || silent.erase(pair) == 0) return;
              outcome_.recovered_in = now() - clear_at;
            });
      for (int i = 0; i < 20; ++i) run_for(step);
    }
    judge_recovery(silent.size());
    // The pings hold `silent`.
    run_for(15s);
  }

  void judge_recovery(std::size_t silent) {
    if (silent > 0 || outcome_.recovered_in > recovery_max)
      accuse(std::to_string(silent) + " ways are silent, or were for " +
             std::to_string(milliseconds(outcome_.recovered_in)) + " ms after the weather cleared");
  }

  void look_up_all() {
    for (const std::uint64_t number : acknowledged_)
      look_up(number, outcome_.gets_after, outcome_.gets_failed_after);
    for (int i = 0; i < 20 * 20; ++i) run_for(step);
    if (outcome_.gets_failed_after > 0)
      accuse(std::to_string(outcome_.gets_failed_after) + " of " +
             std::to_string(outcome_.gets_after) + " records that were put are not found");
  }

  void run_for(Duration span) {
    world_.run_for(span);
    mail_.retry(now());
    for (const auto& node : nodes_) {
      if (!node) continue;
      outcome_.requests_max =
          std::max(outcome_.requests_max, node->wiring().dht().requests().held());
      outcome_.connections_max =
          std::max(outcome_.connections_max,
                   static_cast<std::size_t>(node->transport().stats().connections_open));
    }
  }

  void conclude() {
    outcome_.mail = mail_.conclude();
    const MailFigures& mail = outcome_.mail;
    if (mail.lost * lost_share_max > mail.written)
      accuse(std::to_string(mail.lost) + " of " + std::to_string(mail.written) +
             " messages are lost");
    if (mail.out_of_order * out_of_order_share_max > mail.arrived + mail.repeated)
      accuse(std::to_string(mail.out_of_order) + " messages arrived out of order");
    if (mail.damaged > 0) accuse(std::to_string(mail.damaged) + " messages arrived damaged");
    if (mail.unproven > 0)
      accuse(std::to_string(mail.unproven) + " messages are acknowledged and never arrived");
    const std::size_t peers = scenario_.nodes - 1;
    if (outcome_.requests_max > requests_per_peer_max * peers)
      accuse("a node held " + std::to_string(outcome_.requests_max) + " requests");
    if (outcome_.connections_max > connections_per_peer_max * peers)
      accuse("a node held " + std::to_string(outcome_.connections_max) + " connections");
    std::ranges::sort(outcome_.notice_times);
    outcome_.packets = network_.counts();
    outcome_.simulated = now() - Instant{};
    outcome_.events = world_.events_run();
  }

  const DatagramScenario scenario_;
  const std::function<void(const std::string&)>& progress_;
  World world_;
  DatagramNetwork network_;
  Rng rng_;
  std::vector<Disk> disks_;
  std::uint32_t lives_ = 0;
  std::uint64_t next_record_ = 0;
  std::vector<std::uint64_t> acknowledged_;  // records whose put ended well
  DatagramOutcome outcome_;
  std::vector<std::unique_ptr<DatagramNode>> nodes_;
  std::vector<std::optional<Instant>> killed_at_;  // those that are down
  std::map<std::uint32_t, Kill> last_kills_;
  Mail mail_;
};

}  // namespace

DatagramOutcome run_datagrams(const DatagramScenario& scenario,
                              const std::function<void(const std::string&)>& progress) {
  return DatagramRun(scenario, progress).tell();
}

}  // namespace mycel::sim
