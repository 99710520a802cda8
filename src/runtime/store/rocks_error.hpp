#pragma once
// What RocksDB says, for people.

#include <string>
#include <string_view>

#include <rocksdb/status.h>

#include "runtime/ports/store.hpp"

namespace mycel::store {

/// `doing` is what failed: "open", "read", "write".
ports::StoreError error_of(const rocksdb::Status& status, std::string_view doing,
                           const std::string& path);

/// The files contradict each other; `detail` says how.
ports::StoreError damaged(const std::string& path, std::string_view detail);

}  // namespace mycel::store
