#pragma once
// RocksDB made small.

#include <rocksdb/options.h>

#include "runtime/store/rocks_store.hpp"

namespace mycel::store {

rocksdb::DBOptions database_options(const StoreOptions& options);
rocksdb::ColumnFamilyOptions table_options(const StoreOptions& options);

}  // namespace mycel::store
