#pragma once
// A disk of the simulated world: commits take time and reach it in order; a crash may fall between
// any two of them, and takes what the disk had not made durable.
//
// It keeps the promises of runtime/store (docs/durability.md) and no more.

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "foundation/base/rng.hpp"

#include "runtime/ports/store.hpp"

#include "sim/node_timers.hpp"

namespace mycel::sim {

struct DiskConfig {
  Duration buffered_min = 20us, buffered_max = 200us;
  Duration synced_min = 1ms, synced_max = 8ms;
};

/// What stands on the disk of one machine. It outlives the process, and so do its faults.
class Disk {
 public:
  /// What the operating system wrote this long ago is durable without a sync: Linux writes dirty
  /// pages back after 30 s, and looks every 5 s.
  static constexpr Duration write_back = 35s;
  /// Commits that wait for that; under more the system writes back at once.
  static constexpr std::size_t volatile_max = 1024;

  /// Commits fail; the process that met it has a read-only store until it is started again.
  void set_full(bool is_full) { is_full_ = is_full; }
  /// Commits take `factor` times as long.
  void set_slow(std::uint32_t factor) { slow_factor_ = factor == 0 ? 1 : factor; }
  /// The disk lies: it reports a sync and has only buffered.
  void set_unsynced(bool is_lying) { is_lying_ = is_lying; }
  /// Power goes in the middle of a batch. The store finds it half written and drops it whole.
  void set_torn(bool is_torn) { is_torn_ = is_torn; }
  /// A defect to plant: recovery keeps the half of a torn batch, as a log without checksums would.
  void set_torn_kept(bool is_kept) { is_torn_kept_ = is_kept; }
  /// Its files contradict each other: every read fails, so that no node starts from them.
  void set_damaged(bool is_damaged) { is_damaged_ = is_damaged; }

  /// The machine loses power; the process is gone. What is durable stays, and of the later commits
  /// any number in their order, drawn from `rng`.
  void lose_power(Rng& rng);
  /// A new, empty disk in the place of this one; its faults go with the old one.
  void wipe() { *this = Disk(); }

  /// Commits that power loss may take.
  std::size_t volatile_commits() const { return undo_.size(); }
  std::uint64_t commits_lost() const { return commits_lost_; }
  std::uint64_t batches_torn() const { return batches_torn_; }
  /// Keys and values, of what is there now.
  std::size_t size_bytes() const { return size_bytes_; }

 private:
  friend class VirtualStore;
  struct Order {
    using is_transparent = void;
    bool operator()(ByteView a, ByteView b) const { return compare(a, b) < 0; }
  };
  using Contents = std::array<std::map<Bytes, Bytes, Order>, table_count>;
  /// What takes one commit back: the values from before, in the order of its writes.
  struct Undo {
    Instant at;
    StoreBatch before;
  };

  void apply(StoreBatch batch, Durability durability, Instant at);
  std::optional<Bytes> replace(Table table, const Bytes& key, std::optional<Bytes> value);
  void take_back(const Undo& undo, std::size_t kept);
  void write_back_until(Instant at);

  Contents contents_;
  std::vector<Undo> undo_;  // of commits that are not durable, oldest first
  std::size_t size_bytes_ = 0;
  std::uint64_t commits_lost_ = 0;
  std::uint64_t batches_torn_ = 0;
  std::uint32_t slow_factor_ = 1;
  bool is_full_ = false;
  bool is_lying_ = false;
  bool is_torn_ = false;
  bool is_torn_kept_ = false;
  bool is_damaged_ = false;
};

/// The store of one process on that disk. Destroying it is a crash: of the commits that were not
/// yet reported, any number in their order has reached the disk. A graceful stop calls finish()
/// before.
class VirtualStore final : public ports::Store {
 public:
  VirtualStore(World& world, NodeTimers& timers, Disk& disk, DiskConfig config, Rng rng)
      : world_(world), timers_(timers), disk_(disk), config_(config), rng_(rng) {}
  ~VirtualStore();
  VirtualStore(const VirtualStore&) = delete;
  VirtualStore& operator=(const VirtualStore&) = delete;

  void commit(StoreBatch batch, Durability durability, Committed then) override;
  Result<std::optional<Bytes>, ports::StoreError> get(Table table, ByteView key) const override;
  Result<void, ports::StoreError> scan(Table table, ByteView prefix,
                                       const Visitor& visit) const override;

  /// Writes what is queued and syncs, as the real store does when it is closed; reports nothing.
  void finish();
  std::size_t queued() const { return queue_.size(); }

 private:
  struct Queued {
    Instant due;
    StoreBatch batch;
    Durability durability = Durability::buffered;
    Committed then;
  };

  void arm();
  void write_first();
  void write(StoreBatch batch, Durability durability);

  World& world_;
  NodeTimers& timers_;
  Disk& disk_;
  const DiskConfig config_;
  Rng rng_;
  std::list<Queued> queue_;  // in commit order, which is the order of their due times
  ports::TimerId armed_;
  std::optional<ports::StoreError> failure_;
};

}  // namespace mycel::sim
