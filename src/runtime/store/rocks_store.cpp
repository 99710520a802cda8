#include "runtime/store/rocks_store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/iterator.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/status.h>
#include <rocksdb/write_batch.h>

#include "foundation/base/bytes.hpp"
#include "foundation/base/check.hpp"
#include "foundation/base/result.hpp"
#include "foundation/model/store_write.hpp"

#include "runtime/os/files.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/ports/store.hpp"
#include "runtime/store/commit_writer.hpp"
#include "runtime/store/rocks_error.hpp"
#include "runtime/store/rocks_options.hpp"

namespace mycel::store {
namespace {

using ports::StoreError;

/// The names are part of the schema, in the order of `Table`.
constexpr std::array<std::string_view, table_count> table_names{"meta", "peers", "records",
                                                                "providers", "cards"};

rocksdb::Slice to_slice(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
ByteView to_view(const rocksdb::Slice& slice) {
  return as_bytes({slice.data(), slice.size()});
}

/// The first key after all that start with `prefix`; none when there is no such key.
std::optional<std::string> end_of(ByteView prefix) {
  std::string end(as_text(prefix));
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (end.empty()) return std::nullopt;
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

/// Log or table files without the file that says what they are: RocksDB would start anew over them.
bool has_lost_its_head(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path + "/CURRENT", ignored)) return false;
  for (const auto& entry : std::filesystem::directory_iterator(path, ignored)) {
    const auto kind = entry.path().extension();
    if (kind == ".sst" || kind == ".log") return true;
  }
  return false;
}

/// What is there, and what has to be: a newer mycel may have made further tables.
std::vector<std::string> families_of(const std::string& path, const rocksdb::DBOptions& options) {
  std::vector<std::string> names;
  // Why this fails is told better by opening, which locks the directory first.
  if (!rocksdb::DB::ListColumnFamilies(options, path, &names).ok())
    names = {rocksdb::kDefaultColumnFamilyName};
  for (const std::string_view table : table_names)
    if (std::ranges::find(names, table) == names.end()) names.emplace_back(table);
  return names;
}

void add_to(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* table,
            const StoreWrite& write) {
  const rocksdb::Status status = write.value
                                     ? batch.Put(table, to_slice(write.key), to_slice(*write.value))
                                     : batch.Delete(table, to_slice(write.key));
  check(status.ok(), "a write does not fit into a batch");
}

}  // namespace

class RocksStore::Impl {
 public:
  Impl(std::string path, StoreOptions options) : path_(std::move(path)), options_(options) {}
  ~Impl() {
    writer_.reset();
    if (!db_) return;
    // A log that failed is left alone: RocksDB allows no further call on it.
    if (!has_failed_) db_->SyncWAL();
    for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
    db_->Close();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void, StoreError> open(os::Loop& loop) {
    if (auto made = os::make_private_directory(path_); !made)
      return Err{StoreError{made.error().text}};
    if (has_lost_its_head(path_))
      return Err{damaged(path_, "its file CURRENT is missing, but data is there")};
    if (auto opened = open_database(); !opened) return opened;
    if (auto fits = check_schema(); !fits) return fits;
    writer_ = std::make_unique<CommitWriter>(
        loop, options_, [this](std::span<const Commit> group, Durability durability) {
          return write(group, durability);
        });
    return {};
  }

  void commit(StoreBatch batch, Durability durability, Committed then) {
    for (const StoreWrite& write : batch) {
      check(static_cast<std::size_t>(write.table) < table_count, "there is no such table");
      check(write.table != Table::meta || as_text(write.key) != schema_key,
            "the key of the schema is the store's own");
    }
    writer_->add({.batch = std::move(batch), .durability = durability, .then = std::move(then)});
  }

  Result<std::optional<Bytes>, StoreError> get(Table table, ByteView key) const {
    rocksdb::PinnableSlice value;
    const rocksdb::Status status =
        db_->Get(rocksdb::ReadOptions(), handle_of(table), to_slice(key), &value);
    if (status.IsNotFound()) return std::optional<Bytes>();
    if (!status.ok()) return Err{error_of(status, "read", path_)};
    return std::optional<Bytes>(Bytes::copy(to_view(value)));
  }

  Result<void, StoreError> scan(Table table, ByteView prefix, const Visitor& visit) const {
    const auto end = end_of(prefix);
    const rocksdb::Slice bound = end ? rocksdb::Slice(*end) : rocksdb::Slice();
    rocksdb::ReadOptions options;
    options.fill_cache = false;  // a scan would drive out what single reads come back to
    if (end) options.iterate_upper_bound = &bound;
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator(options, handle_of(table)));
    for (at->Seek(to_slice(prefix)); at->Valid(); at->Next())
      if (!visit(to_view(at->key()), to_view(at->value()))) return {};
    if (!at->status().ok()) return Err{error_of(at->status(), "read", path_)};
    return {};
  }

  StoreCounters counters() const { return writer_->counters(); }

 private:
  rocksdb::ColumnFamilyHandle* handle_of(Table table) const {
    check(static_cast<std::size_t>(table) < table_count, "there is no such table");
    return tables_[static_cast<std::size_t>(table)];
  }

  Result<void, StoreError> open_database() {
    const rocksdb::DBOptions options = database_options(options_);
    const rocksdb::ColumnFamilyOptions table = table_options(options_);
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : families_of(path_, options)) families.emplace_back(name, table);
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::Open(options, path_, families, &handles_, &db);
    if (!status.ok()) return Err{error_of(status, "open", path_)};
    db_.reset(db);
    for (rocksdb::ColumnFamilyHandle* handle : handles_) {
      const auto name = std::ranges::find(table_names, handle->GetName());
      if (name != table_names.end())
        tables_[static_cast<std::size_t>(name - table_names.begin())] = handle;
    }
    return {};
  }

  Result<void, StoreError> check_schema() {
    const auto found = get(Table::meta, as_bytes(schema_key));
    if (!found) return Err{found.error()};
    const std::optional<Bytes>& stored = *found;
    if (!stored) return begin_schema();
    const std::string_view text = as_text(*stored);
    std::uint32_t version = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), version);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || version == 0)
      return Err{damaged(path_, "its schema version is no number")};
    if (version > schema_version)
      return Err{StoreError{"cannot open the store " + path_ + ": a newer mycel wrote it (schema " +
                            std::string(text) + ", this one knows " +
                            std::to_string(schema_version) +
                            "). Update mycel, or choose another directory."}};
    return {};
  }

  // Only an empty database is ours to begin.
  Result<void, StoreError> begin_schema() {
    bool has_data = false;
    for (std::size_t table = 0; table < table_count; ++table) {
      const auto seen = scan(static_cast<Table>(table), {}, [&](ByteView, ByteView) {
        has_data = true;
        return false;
      });
      if (!seen) return seen;
    }
    if (has_data) return Err{damaged(path_, "it holds data without a schema version")};
    rocksdb::WriteOptions options;
    options.sync = true;
    const auto status = db_->Put(options, handle_of(Table::meta), rocksdb::Slice(schema_key),
                                 std::to_string(schema_version));
    if (!status.ok()) return Err{error_of(status, "write", path_)};
    return {};
  }

  // On the writer's thread.
  Result<void, StoreError> write(std::span<const Commit> group, Durability durability) {
    rocksdb::WriteBatch batch;
    for (const Commit& commit : group)
      for (const StoreWrite& one : commit.batch) add_to(batch, handle_of(one.table), one);
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::synced;
    const rocksdb::Status status = db_->Write(options, &batch);
    if (status.ok()) return {};
    has_failed_ = true;
    return Err{error_of(status, "write", path_)};
  }

  const std::string path_;
  const StoreOptions options_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // all that the database has
  std::array<rocksdb::ColumnFamilyHandle*, table_count> tables_{};
  bool has_failed_ = false;  // of the writer's thread, while there is one
  std::unique_ptr<CommitWriter> writer_;
};

Result<std::unique_ptr<RocksStore>, StoreError> RocksStore::open(const std::string& path,
                                                                 os::Loop& loop,
                                                                 StoreOptions options) {
  auto impl = std::make_unique<Impl>(path, options);
  if (auto opened = impl->open(loop); !opened) return Err{opened.error()};
  return std::unique_ptr<RocksStore>(new RocksStore(std::move(impl)));
}

RocksStore::RocksStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksStore::~RocksStore() = default;

void RocksStore::commit(StoreBatch batch, Durability durability, Committed then) {
  impl_->commit(std::move(batch), durability, std::move(then));
}
Result<std::optional<Bytes>, StoreError> RocksStore::get(Table table, ByteView key) const {
  return impl_->get(table, key);
}
Result<void, StoreError> RocksStore::scan(Table table, ByteView prefix,
                                          const Visitor& visit) const {
  return impl_->scan(table, prefix, visit);
}
StoreCounters RocksStore::counters() const {
  return impl_->counters();
}

}  // namespace mycel::store
