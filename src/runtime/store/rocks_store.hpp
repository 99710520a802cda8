#pragma once
// The node's memory on disk, over RocksDB: one column family a table, one write-ahead log for all,
// and one thread that writes. What is queued while the disk works is written together, so that a
// hundred commits may cost one sync.
//
// What a crash leaves: every commit that was reported as synced, whole, and of the later ones a
// prefix in commit order.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "foundation/base/bytes.hpp"
#include "foundation/base/counters.hpp"
#include "foundation/base/log.hpp"
#include "foundation/base/result.hpp"
#include "foundation/model/store_write.hpp"

#include "runtime/os/loop.hpp"
#include "runtime/ports/store.hpp"

namespace mycel::store {

/// Small on purpose: an idle node has 64 MB in all.
struct StoreOptions {
  std::size_t cache_size_bytes = std::size_t{8} << 20;          ///< blocks read, of all tables
  std::size_t write_buffers_size_bytes = std::size_t{2} << 20;  ///< not yet in a table file
  /// Commits that wait for the writer. When either is reached, commit() waits for room: the node
  /// goes at the pace of its disk instead of growing, and nothing is lost.
  std::size_t queue_size_max_bytes = std::size_t{16} << 20;
  std::size_t queue_max = 8192;
  /// What RocksDB warns of; written to from its threads too.
  Log log = {};
};

struct StoreCounters {
  std::uint64_t commits = 0;
  std::uint64_t groups = 0;
  std::uint64_t syncs = 0;
  std::uint64_t bytes = 0;
  std::uint64_t waits = 0;
  std::uint64_t failures = 0;

  void each(const CounterVisitor& visit) const {
    visit({"store_commits_total", "Batches committed."}, commits);
    visit({"store_writes_total", "Writes to the log; each holds one commit or several."}, groups);
    visit({"store_syncs_total", "Writes that waited for the disk."}, syncs);
    visit({"store_committed_bytes_total", "Keys and values committed."}, bytes);
    visit({"store_waits_total", "How often a commit waited for room in the queue."}, waits);
    visit({"store_failures_total", "Batches that could not be committed."}, failures);
  }
};

/// After a commit failed the store is read-only: every later commit fails with the same words, so
/// that nothing is built on what was lost. A commit that failed may still be found after a restart,
/// when only its sync failed.
class RocksStore final : public ports::Store {
 public:
  /// This key of Table::meta says how to read the rest; no commit touches it.
  static constexpr std::string_view schema_key = "schema";
  static constexpr std::uint32_t schema_version = 1;

  /// Opens the directory `path`, or makes it with those above it. Outcomes are told on `loop`,
  /// which outlives the store. Refuses what another process has open, what a newer mycel wrote and
  /// what is damaged.
  static Result<std::unique_ptr<RocksStore>, ports::StoreError> open(const std::string& path,
                                                                     os::Loop& loop,
                                                                     StoreOptions options = {});
  /// Writes and syncs what is queued; the loop still tells how that went.
  ~RocksStore();
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  void commit(StoreBatch batch, Durability durability, Committed then) override;
  Result<std::optional<Bytes>, ports::StoreError> get(Table table, ByteView key) const override;
  /// Sees one moment, even when commits come while it visits.
  Result<void, ports::StoreError> scan(Table table, ByteView prefix,
                                       const Visitor& visit) const override;

  StoreCounters counters() const;

 private:
  class Impl;
  explicit RocksStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace mycel::store
