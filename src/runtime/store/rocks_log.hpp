#pragma once
// What RocksDB has to say goes into the node's log. Its own log would lie on the same disk, and
// RocksDB aborts the process when that one cannot be written.

#include <memory>

#include <rocksdb/env.h>

#include "foundation/base/log.hpp"

namespace mycel::store {

/// Passes warnings and errors on to `log`, and drops the rest.
std::shared_ptr<rocksdb::Logger> rocks_log(Log log);

}  // namespace mycel::store
