#pragma once
// All nodes of a run, by number. A disk outlives its node. Hooks may change what a node is made of
// before it lives: liars, twins and planted bugs come in through them.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/node.hpp"

namespace mycel::sim {

class Fleet {
 public:
  using SetupHook = std::function<void(std::uint32_t number, NodeSetup& setup)>;
  using NodeHook = std::function<void(Node& node)>;
  using DownHook = std::function<void(std::uint32_t number, std::string_view how)>;

  Fleet(World& world, Network& network, std::uint32_t count);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Hooks run in the order they were added, at every start of a node, also after a crash.
  void on_setup(SetupHook hook) { setup_hooks_.push_back(std::move(hook)); }
  /// The node is made and has not started.
  void on_made(NodeHook hook) { made_hooks_.push_back(std::move(hook)); }
  void on_started(NodeHook hook) { started_hooks_.push_back(std::move(hook)); }
  /// The node is about to go; it is still there.
  void on_down(DownHook hook) { down_hooks_.push_back(std::move(hook)); }

  /// One more node, not started; its number.
  std::uint32_t add();
  /// Node `number` has the keys of node `whose`: a twin. Before it starts.
  void give_key_of(std::uint32_t number, std::uint32_t whose);
  /// It is no honest node from now on; judges ask nothing of it.
  void mark_liar(std::uint32_t number);

  // Each does nothing when the node is already so.
  void start(std::uint32_t number);
  void crash(std::uint32_t number);
  /// A crash that takes the disk too.
  void wipe(std::uint32_t number);
  /// A graceful stop: the peers are told.
  void stop(std::uint32_t number);
  /// After the end of a run: all go, and nobody hears of it.
  void drop();
  /// SIGSTOP and SIGCONT.
  void pause(std::uint32_t number);
  void resume(std::uint32_t number);
  // Of the machine's clocks, whether the node runs or not.
  void set_drift(std::uint32_t number, std::int64_t ppm);
  void step_calendar(std::uint32_t number, Duration by);

  std::uint32_t size() const { return static_cast<std::uint32_t>(places_.size()); }
  bool is_up(std::uint32_t number) const { return places_[number]->node != nullptr; }
  bool is_paused(std::uint32_t number) const { return places_[number]->is_paused; }
  bool is_honest(std::uint32_t number) const { return !places_[number]->is_liar; }
  /// Numbers of the nodes that run, paused ones included.
  std::vector<std::uint32_t> alive() const;
  Node& node(std::uint32_t number);
  Node* find(std::uint32_t number) { return places_[number]->node.get(); }
  /// The node with this id; of twins the lower number.
  std::optional<std::uint32_t> number_of(const PeerId& peer) const;
  /// Whose keys the node has: its own number's, or that of whom it is a twin.
  std::uint32_t keys_of(std::uint32_t number) const { return places_[number]->whose; }
  const PeerId& peer_of(std::uint32_t number) const { return places_[number]->peer; }
  Disk& disk(std::uint32_t number) { return places_[number]->disk; }
  /// What the node would be started with now.
  NodeSetup setup_of(std::uint32_t number) const;
  std::uint32_t starts(std::uint32_t number) const { return places_[number]->starts; }
  /// How often the machine was set up anew.
  std::uint32_t wipes(std::uint32_t number) const { return places_[number]->wipes; }

 private:
  struct Place {
    std::uint32_t whose = 0;  // keys
    PeerId peer;
    Disk disk;
    Clock clock;
    std::unique_ptr<Node> node;
    std::uint32_t starts = 0;
    std::uint32_t wipes = 0;
    bool is_paused = false;
    bool is_liar = false;
  };
  void take_down(std::uint32_t number, std::string_view how);

  World& world_;
  Network& network_;
  Rng rng_;
  std::vector<std::unique_ptr<Place>> places_;
  std::map<PeerId, std::uint32_t> numbers_;
  std::vector<SetupHook> setup_hooks_;
  std::vector<NodeHook> made_hooks_, started_hooks_;
  std::vector<DownHook> down_hooks_;
};

}  // namespace mycel::sim
