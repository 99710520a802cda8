#pragma once
// A disk of the simulated world: commits take time, and a crash loses what was not synced.

#include <array>
#include <deque>
#include <map>

#include "runtime/ports/store.hpp"

#include "sim/node_timers.hpp"

namespace mycel::sim {

struct DiskConfig {
  Duration buffered_min = 20us, buffered_max = 200us;
  Duration synced_min = 1ms, synced_max = 8ms;
};

/// What stands on the disk. It outlives the node, and the crash takes what was only buffered.
class Disk {
 public:
  using Contents = std::array<std::map<Bytes, Bytes>, table_count>;

  /// The machine lost power: back to the last synced commit.
  void lose_power() { written_ = synced_; }

 private:
  friend class VirtualStore;
  Contents written_;
  Contents synced_;
};

class VirtualStore final : public ports::Store {
 public:
  VirtualStore(World& world, Disk& disk, DiskConfig config, Rng rng)
      : world_(world), disk_(disk), config_(config), rng_(rng), timers_(world) {}

  void commit(StoreBatch batch, Durability durability, Committed then) override;
  Result<std::optional<Bytes>, ports::StoreError> get(Table table, ByteView key) const override;
  Result<void, ports::StoreError> scan(Table table, ByteView prefix,
                                       const Visitor& visit) const override;

  /// From now on every commit fails, as on a full disk.
  void set_full(bool is_full) { is_full_ = is_full; }

 private:
  void apply(const StoreBatch& batch, Durability durability);

  World& world_;
  Disk& disk_;
  DiskConfig config_;
  Rng rng_;
  bool is_full_ = false;
  Instant last_due_{};  // commits are reported in order
  NodeTimers timers_;
};

}  // namespace mycel::sim
