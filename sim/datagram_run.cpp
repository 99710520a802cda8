#include "sim/datagram_run.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "sim/datagram_fleet.hpp"
#include "sim/mail.hpp"

namespace mycel::sim {
namespace {

constexpr std::size_t violations_max = 20;
/// Records are put and looked up this often.
constexpr Duration lookup_every = 2s;
constexpr Duration step = 50ms;
/// Of REQUIREMENTS.md, T9: one message in ten thousand may be lost, one in a hundred come late.
constexpr std::uint64_t lost_share_max = 10'000;
constexpr std::uint64_t out_of_order_share_max = 100;
/// A dead connection is noticed after 5 to 30 s (runtime/quic), and who then dials in vain waits
/// 10 s before the next time (protocol/connect).
constexpr Duration recovery_max = 45s;
/// A node holds a request to each peer, a request of each, and those of a few lookups (8 paths of 3
/// at once, each way). More is a leak.
constexpr std::size_t requests_per_peer_max = 64;
/// In calm: one that is used, and others that are being replaced.
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
  DatagramRun(const Scenario& scenario, const Plan& plan, const Watch& watch)
      : scenario_(scenario),
        plan_(plan),
        watch_(watch),
        world_(plan.seed),
        network_(world_, fair_weather()),
        rng_(world_.fork("users")),
        fleet_(world_, network_, plan.nodes),
        faults_(world_, plan, fleet_,
                [this](std::size_t index, TraceKind kind) { on_fault(index, kind); }),
        mail_(
            plan.packets->mail_size_bytes,
            [this](const Letter& letter, const Bytes& key, const Bytes& content) {
              send(letter, key, content);
            },
            [this](std::uint32_t node) {
              return fleet_.find(node) != nullptr && fleet_.find(node)->heard_at() == now();
            }) {
    fleet_.setup_of = [this](std::uint32_t number) { return setup_of(number); };
    fleet_.on_start = [this](DatagramNode& node, const auto& started) { on_start(node, started); };
    fleet_.on_down = [this](std::uint32_t number, std::string_view how) { on_down(number, how); };
  }

  Outcome go() {
    enter(Phase::joining);
    for (std::uint32_t number = 0; number < plan_.nodes; ++number) {
      fleet_.start(number);
      world_.run_for(scenario_.join_every);
    }
    run_for(scenario_.settle);
    enter(Phase::safety);
    network_.set_weather(plan_.packets->weather);
    faults_.schedule(now());
    endure();
    enter(Phase::converging);
    std::set<std::uint32_t> all;
    for (std::uint32_t number = 0; number < plan_.nodes; ++number) all.insert(number);
    faults_.stop_for(all);
    network_.set_weather(fair_weather());
    recover();
    enter(Phase::calm);
    look_up_all();
    run_for(scenario_.calm);
    conclude();
    return std::move(outcome_);
  }

 private:
  struct Stored {
    std::uint64_t number = 0;
    std::uint32_t replicas = 0;
    std::uint32_t harmed_before = 0;  // DatagramFleet::disks_harmed()
  };
  using Way = std::pair<std::uint32_t, std::uint32_t>;
  struct Kill {
    Instant at;
    std::set<std::uint32_t> noticed_by;
  };

  Weather fair_weather() const { return {.delay = plan_.packets->weather.delay}; }
  Instant now() const { return world_.now().instant; }

  void enter(Phase phase) {
    if (watch_.progress) watch_.progress(std::string(to_text(phase)));
    trace({.kind = TraceKind::phase, .text = std::string(to_text(phase))});
  }
  void trace(TraceEvent event) {
    if (!watch_.trace) return;
    event.at = now();
    watch_.trace(event);
  }
  void accuse(std::string_view judge, std::string what) {
    trace({.kind = TraceKind::violation, .text = std::string(judge) + ": " + what});
    if (outcome_.violations.size() < violations_max)
      outcome_.violations.push_back({std::string(judge), now(), std::move(what)});
  }
  void on_fault(std::size_t index, TraceKind kind) {
    if (kind == TraceKind::fault_begins)
      outcome_.faults[std::string(to_text(plan_.faults[index].kind))] += 1;
    trace(trace_of(plan_, index, kind));
  }

  // Nodes.

  NodeSetup setup_of(std::uint32_t number) {
    NodeSetup setup;
    setup.identify.observed.is_private_allowed = true;
    setup.dht.namespaces = {any_value(), mail_.at_node(number)};
    for (std::uint32_t door = 0; door < std::min(datagram_doors, plan_.nodes); ++door)
      if (door != number) setup.join.push_back(DatagramNetwork::address_of(door));
    return setup;
  }

  void on_start(DatagramNode& node, const Result<void, ports::StoreError>& started) {
    const std::uint32_t number = node.number();
    trace({.kind = TraceKind::node_up, .node = number});
    if (!started)
      accuse("starts", "node " + std::to_string(number) + " did not: " + started.error().text);
    node.wiring().on_event = [this, number, since = now()](std::string_view event,
                                                           const PeerId& peer) {
      if (event == "disconnected") on_disconnected(number, peer);
      if (event == "joined") ended("join", since, true);
    };
    mail_.set_up(number, true);
  }

  void on_down(std::uint32_t number, std::string_view how) {
    mail_.set_up(number, false);
    if (how != "stop") last_kills_[number] = {now(), {}};
    trace({.kind = TraceKind::node_down, .node = number, .text = std::string(how)});
  }

  /// What a peer of the killed node hears of it first, while it is down or thereafter.
  void on_disconnected(std::uint32_t at, const PeerId& peer) {
    outcome_.counts["peers lost"] += 1;
    for (auto& [number, kill] : last_kills_)
      if (DatagramNode::peer_of(number) == peer && kill.noticed_by.insert(at).second)
        ended("notice a crash", kill.at, true);
  }

  // Users.

  void ended(const std::string& operation, Instant since, bool is_good) {
    Figures& figures = outcome_.figures[operation];
    figures.count += 1;
    if (is_good)
      figures.durations.push_back(now() - since);
    else
      figures.failed += 1;
  }

  /// Any node that runs; none when none does.
  std::optional<std::uint32_t> any_running() {
    std::vector<std::uint32_t> running;
    for (std::uint32_t number = 0; number < plan_.nodes; ++number)
      if (fleet_.is_running(number)) running.push_back(number);
    if (running.empty()) return std::nullopt;
    return running[static_cast<std::size_t>(rng_.below(running.size()))];
  }

  void send(const Letter& letter, const Bytes& key, const Bytes& content) {
    fleet_.find(letter.from)
        ->wiring()
        .dht()
        .send(DatagramNode::peer_of(letter.to),
              {.type = dht::MessageType::put_value,
               .key = key,
               .record = dht::Record{key, content, {}}},
              [this, letter](const std::optional<dht::Message>& answer) {
                mail_.on_answer(letter, answer.has_value(), now());
              });
  }

  void write_letters() {
    for (std::uint32_t from = 0; from < plan_.nodes; ++from) {
      const auto other = static_cast<std::uint32_t>(rng_.below(plan_.nodes - 1));
      mail_.write(from, other < from ? other : other + 1, now());
    }
  }

  void put_one() {
    const auto at = any_running();
    if (!at) return;
    fleet_.find(*at)->wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) {
          return dht.put(now, key_of(next_record_), value_of(next_record_));
        },
        [this, at = *at, number = next_record_, since = now()](const dht::LookupDone& done) {
          const auto* stored = std::get_if<dht::Stored>(&done.result);
          const bool is_good = stored != nullptr && stored->count > 0;
          tell_lookup("put", number, at, since, is_good);
          if (is_good) stored_.push_back({number, stored->count, fleet_.disks_harmed()});
        });
    next_record_ += 1;
  }

  void get_one() {
    const auto at = any_running();
    if (stored_.empty() || !at) return;
    look_up(stored_[static_cast<std::size_t>(rng_.below(stored_.size()))].number, *at, "get",
            false);
  }

  void look_up(std::uint64_t number, std::uint32_t at, const std::string& operation,
               bool must_find) {
    fleet_.find(at)->wiring().dht().look_up(
        [&](dht::Dht& dht, Now now) { return dht.get(now, key_of(number)); },
        [this, number, at, operation, must_find, since = now()](const dht::LookupDone& done) {
          const auto* value = std::get_if<dht::Value>(&done.result);
          tell_lookup(operation, number, at, since, value != nullptr);
          waiting_for_.erase(number);
          if (value != nullptr && value->value != value_of(number))
            accuse("verified",
                   "record " + std::to_string(number) + " was found with another value");
          if (value == nullptr && must_find)
            accuse("durable", "node " + std::to_string(at) + " did not find record " +
                                  std::to_string(number) + ", which is on a disk");
        });
  }

  void tell_lookup(const std::string& operation, std::uint64_t number, std::uint32_t at,
                   Instant since, bool is_good) {
    ended(operation, since, is_good);
    trace({.kind = TraceKind::lookup,
           .node = at,
           .since = since,
           .text = operation + " of record " + std::to_string(number),
           .is_failed = !is_good});
  }

  // The phases.

  void endure() {
    const Instant start_at = now();
    Instant write_at = start_at, look_at = start_at;
    while (now() - start_at < plan_.safety) {
      for (; write_at <= now(); write_at += plan_.packets->mail_every) write_letters();
      for (; look_at <= now(); look_at += lookup_every) {
        put_one();
        get_one();
      }
      run_for(step);
    }
  }

  /// Every node asks every other until all have answered, and the mail is through.
  void recover() {
    struct Meeting {
      std::set<Way> silent;
      Instant last;
    };
    const Instant clear_at = now();
    const auto meeting = std::make_shared<Meeting>();  // answers may come when nobody waits
    for (std::uint32_t a = 0; a < plan_.nodes; ++a)
      for (std::uint32_t b = 0; b < plan_.nodes; ++b)
        if (a != b) meeting->silent.insert({a, b});
    const auto& silent = meeting->silent;
    while (now() - clear_at < plan_.converge && (mail_.waiting() > 0 || !silent.empty())) {
      for (const auto& way : silent)
        meet(way, [this, meeting, way] {
          if (meeting->silent.erase(way) == 1) meeting->last = now();
        });
      run_for(1s);
    }
    judge_recovery(silent.size(), silent.empty() ? meeting->last - clear_at : plan_.converge);
  }

  /// Finds the other, wherever it is by now, and has it answer.
  void meet(const Way& way, const std::function<void()>& then) {
    const PeerId other = DatagramNode::peer_of(way.second);
    Wiring& wiring = fleet_.find(way.first)->wiring();
    wiring.reach(other, [&wiring, other, then](const auto& reached) {
      if (!reached) return;
      wiring.ping().ping(other, [then](const auto& answered) {
        if (answered) then();
      });
    });
  }

  void judge_recovery(std::size_t silent, Duration took) {
    Figures& figures = outcome_.figures["meet again"];
    figures.count = 1;
    figures.failed = silent > 0 ? 1 : 0;
    figures.durations = {took};
    if (silent > 0 || took > recovery_max)
      accuse("recovers", std::to_string(silent) + " ways are silent, or were for " +
                             std::to_string(milliseconds(took)) + " ms after the weather cleared");
  }

  /// What was stored is found, as long as some node has it: every node is near to every key here.
  void look_up_all() {
    for (const Stored& stored : stored_) {
      std::uint32_t holders = 0;
      for (std::uint32_t number = 0; number < plan_.nodes; ++number)
        holders += holds(number, key_of(stored.number)) ? 1 : 0;
      if (holders == 0 && stored.replicas > fleet_.disks_harmed() - stored.harmed_before)
        accuse("promised", std::to_string(stored.replicas) + " nodes confirmed record " +
                               std::to_string(stored.number) + ", and no disk has it");
      waiting_for_.insert(stored.number);
      look_up(stored.number, *any_running(), "get at the end", holders > 0);
      run_for(step);
    }
    for (Duration waited{}; !waiting_for_.empty() && waited < 60s; waited += 1s) run_for(1s);
    if (!waiting_for_.empty())
      accuse("ends", std::to_string(waiting_for_.size()) + " lookups have not ended in a minute");
  }

  bool holds(std::uint32_t number, const Bytes& key) {
    const auto stored = fleet_.find(number)->store().get(Table::records, key.view());
    return stored && stored->has_value();
  }

  void run_for(Duration span) {
    for (const Instant end = now() + span; now() < end;) {
      world_.run_until(std::min(end, now() + step));
      mail_.retry(now());
      for (std::uint32_t number = 0; number < plan_.nodes; ++number)
        if (DatagramNode* const node = fleet_.find(number)) look_at(*node);
    }
  }
  void look_at(DatagramNode& node) {
    requests_max_ = std::max(requests_max_, node.wiring().dht().requests().held());
    connections_max_ = std::max(
        connections_max_, static_cast<std::size_t>(node.transport().stats().connections_open));
  }

  void conclude() {
    judge_mail(mail_.conclude());
    const std::size_t peers = plan_.nodes - 1;
    if (requests_max_ > requests_per_peer_max * peers)
      accuse("budgets", "a node held " + std::to_string(requests_max_) + " requests");
    outcome_.counts["requests of one node at once"] = requests_max_;
    outcome_.counts["connections of one node at once"] = connections_max_;
    count_packets(network_.counts());
    for (auto& [operation, figures] : outcome_.figures) std::ranges::sort(figures.durations);
    outcome_.simulated = now() - Instant{};
    outcome_.events = world_.events_run();
    outcome_.nodes = outcome_.core = plan_.nodes;
    for (std::uint32_t number = 0; number < plan_.nodes; ++number) {
      const std::size_t open = fleet_.find(number)->transport().stats().connections_open;
      outcome_.connections += open;
      if (open > connections_per_peer_max * peers)
        accuse("budgets", "node " + std::to_string(number) + " has " + std::to_string(open) +
                              " connections in calm");
    }
  }

  void judge_mail(const MailFigures& mail) {
    outcome_.figures["message"] = {.count = mail.acknowledged + mail.lost,
                                   .failed = mail.lost,
                                   .messages = mail.acknowledged + mail.retries,
                                   .bytes = 0,
                                   .durations = mail.durations};
    outcome_.counts["messages repeated"] = mail.repeated;
    outcome_.counts["messages out of order"] = mail.out_of_order;
    outcome_.counts["messages sent again"] = mail.retries;
    outcome_.counts["messages waiting in a lane"] = mail.waiting_max;
    if (mail.lost * lost_share_max > mail.written)
      accuse("mail", std::to_string(mail.lost) + " of " + std::to_string(mail.written) +
                         " messages are lost");
    if (mail.out_of_order * out_of_order_share_max > mail.arrived + mail.repeated)
      accuse("mail", std::to_string(mail.out_of_order) + " messages arrived out of order");
    if (mail.damaged > 0)
      accuse("mail", std::to_string(mail.damaged) + " messages arrived damaged");
    if (mail.unproven > 0)
      accuse("mail",
             std::to_string(mail.unproven) + " messages are acknowledged and never arrived");
  }

  void count_packets(const PacketCounts& packets) {
    outcome_.deliveries = packets.delivered;
    outcome_.bytes = packets.delivered_bytes;
    outcome_.counts["packets sent"] = packets.sent;
    outcome_.counts["packets lost"] = packets.lost;
    outcome_.counts["packets cut"] = packets.cut;
    outcome_.counts["packets over the queue"] = packets.queue_full;
    outcome_.counts["packets doubled"] = packets.doubled;
    outcome_.counts["packets damaged"] = packets.damaged;
    outcome_.counts["packets overtaken"] = packets.overtaken;
    outcome_.counts["packets for nobody"] = packets.nobody;
  }

  const Scenario& scenario_;
  const Plan& plan_;
  const Watch& watch_;
  World world_;
  DatagramNetwork network_;
  Rng rng_;
  DatagramFleet fleet_;
  Faults faults_;
  std::uint64_t next_record_ = 0;
  std::vector<Stored> stored_;           // records whose put ended well
  std::set<std::uint64_t> waiting_for_;  // lookups at the end
  std::map<std::uint32_t, Kill> last_kills_;
  std::size_t requests_max_ = 0;
  std::size_t connections_max_ = 0;
  Outcome outcome_;
  Mail mail_;
};

}  // namespace

Outcome run_datagrams(const Scenario& scenario, const Plan& plan, const Watch& watch) {
  return DatagramRun(scenario, plan, watch).go();
}

}  // namespace mycel::sim
