#include "runtime/store/rocks_options.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>

#include <rocksdb/cache.h>
#include <rocksdb/compression_type.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include "runtime/store/rocks_log.hpp"
#include "runtime/store/rocks_store.hpp"

namespace mycel::store {
namespace {

constexpr std::size_t kibibyte = 1024;
constexpr std::size_t mebibyte = 1024 * kibibyte;

}  // namespace

rocksdb::DBOptions database_options(const StoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  // After a power cut the end of the log may be torn in any order of its pages; what was synced
  // lies before that, so reading up to the first damage loses nothing that was promised.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(options.write_buffers_size_bytes);
  // A table that is rarely written would keep old logs alive, and a start would read them all.
  db.max_total_wal_size = 8 * mebibyte;
  db.max_open_files = 128;
  db.table_cache_numshardbits = 2;
  db.max_file_opening_threads = 1;
  db.max_background_jobs = 2;
  db.max_subcompactions = 1;
  db.bytes_per_sync = mebibyte;
  db.wal_bytes_per_sync = mebibyte;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.skip_stats_update_on_db_open = true;
  db.info_log = rocks_log(options.log);
  // An error of the disk is for people to look at: no silent second try behind their back.
  db.max_bgerror_resume_count = 0;
  return db;
}

rocksdb::ColumnFamilyOptions table_options(const StoreOptions& options) {
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = rocksdb::NewLRUCache(options.cache_size_bytes, /*num_shard_bits=*/2);
  blocks.cache_index_and_filter_blocks = true;
  blocks.pin_l0_filter_and_index_blocks_in_cache = true;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  blocks.block_size = 8 * kibibyte;
  blocks.format_version = 5;

  rocksdb::ColumnFamilyOptions table;
  table.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  table.write_buffer_size =
      std::max<std::size_t>(options.write_buffers_size_bytes / 2, 64 * kibibyte);
  table.arena_block_size = 32 * kibibyte;
  table.max_write_buffer_number = 2;
  table.compression = rocksdb::kLZ4Compression;
  table.target_file_size_base = 4 * mebibyte;
  table.max_bytes_for_level_base = 16 * mebibyte;
  table.level_compaction_dynamic_level_bytes = true;
  return table;
}

}  // namespace mycel::store
