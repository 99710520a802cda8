// When the faults have stopped, two peers agree on whether they are connected, settle on one
// connection, and mean the same one.

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "sim/run.hpp"

namespace mycel::sim {
namespace {

/// Whoever lost a peer to a fault hears nothing of it for the idle time of QUIC, 30 s.
constexpr std::uint32_t disagree_max_s = 40;
/// A redundant connection closes after 5 s without streams.
constexpr std::uint32_t redundant_max_s = 30;

class Connections final : public Judge {
 public:
  std::string_view name() const override { return "connections"; }

  void watch(Run& run) override {
    if (run.phase() < Phase::converging) return;
    const auto links = links_of_core(run);
    count(
        run, links, disagreeing_, disagree_max_s,
        [&](const Pair& pair, const Peers&) {
          return !std::ranges::binary_search(links, Pair{pair.second, pair.first}, {},
                                             &Link::first);
        },
        "is connected, as it thinks; the other does not know");
    count(
        run, links, redundant_, redundant_max_s,
        [](const Pair&, const Peers& peers) { return peers.idle_redundant > 0; },
        "keeps a second connection that nobody uses");
  }

 private:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;
  struct Peers {
    std::uint32_t idle_redundant = 0;
  };
  using Link = std::pair<Pair, Peers>;
  using Links = std::vector<Link>;  // sorted, each pair once
  using Since = std::map<Pair, std::uint32_t>;

  static Links links_of_core(Run& run) {
    Links links;
    for (const std::uint32_t number : run.core()) {
      Node* node = run.fleet().find(number);
      if (node == nullptr) continue;
      for (const auto& status : node->wiring().connections().connector().connections()) {
        const auto other = run.fleet().number_of(status.peer);
        if (!other || !run.is_core(*other)) continue;
        const bool is_idle_redundant = status.is_redundant && status.open_streams == 0;
        links.push_back({{number, *other}, {is_idle_redundant ? 1U : 0U}});
      }
    }
    std::ranges::sort(links, {}, &Link::first);
    return merged(links);
  }
  static Links merged(const Links& links) {
    Links merged;
    merged.reserve(links.size());
    for (const Link& link : links) {
      if (merged.empty() || merged.back().first != link.first)
        merged.push_back(link);
      else
        merged.back().second.idle_redundant += link.second.idle_redundant;
    }
    return merged;
  }

  /// Accuses the pairs for which `is_wrong` has held for so many seconds without a break.
  template <class IsWrong>
  void count(Run& run, const Links& links, Since& since, std::uint32_t max_s, IsWrong&& is_wrong,
             const std::string& what) {
    Since now;
    for (const auto& [pair, peers] : links) {
      if (!is_wrong(pair, peers)) continue;
      const auto before = since.find(pair);
      const std::uint32_t seconds = now[pair] = before == since.end() ? 1 : before->second + 1;
      if (seconds == max_s)
        run.accuse(name(), "node " + std::to_string(pair.first) + " towards node " +
                               std::to_string(pair.second) + " " + what);
    }
    since = std::move(now);
  }

  Since disagreeing_, redundant_;
};

}  // namespace

std::unique_ptr<Judge> make_judge_connections() {
  return std::make_unique<Connections>();
}

}  // namespace mycel::sim
