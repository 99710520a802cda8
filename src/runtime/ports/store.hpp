#pragma once
// What outlives the process. Writes are asynchronous and whole batches; reads are for start-up and
// for content that a machine does not keep in memory.

#include <functional>
#include <optional>
#include <string>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"
#include "foundation/model/store_write.hpp"

namespace mycel::ports {

/// The world's failure, in words that name the path and the way out.
struct StoreError {
  std::string text;
};

class Store {
 public:
  using Committed = std::function<void(Result<void, StoreError>)>;
  /// Called for each entry in key order; false ends the scan.
  using Visitor = std::function<bool(ByteView key, ByteView value)>;

  /// Makes the batch durable at once or not at all; `then` is called later, in commit order, never
  /// before this returns.
  virtual void commit(StoreBatch batch, Durability durability, Committed then) = 0;
  /// The value under `key`, or none. Sees every commit that was reported.
  virtual Result<std::optional<Bytes>, StoreError> get(Table table, ByteView key) const = 0;
  virtual Result<void, StoreError> scan(Table table, ByteView prefix,
                                        const Visitor& visit) const = 0;

 protected:
  ~Store() = default;
};

}  // namespace mycel::ports
