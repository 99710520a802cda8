#pragma once
// What a machine asks to be remembered. The `Store` port makes a batch of these durable at once or
// not at all.

#include <cstdint>
#include <optional>
#include <vector>

#include "foundation/base/bytes.hpp"

namespace mycel {

/// The tables of a node's store, each a key space of its own. The numbers are part of the schema.
enum class Table : std::uint8_t {
  meta = 0,       ///< schema version, node facts
  peers = 1,      ///< peers that answered before, for a restart
  records = 2,    ///< DHT values
  providers = 3,  ///< DHT provider records
  cards = 4,      ///< cards of this node's own agents, and what it verified
};
inline constexpr std::size_t table_count = 5;

/// One change: `value` is written under `key`, or the key is erased.
struct StoreWrite {
  Table table = Table::meta;
  Bytes key;
  std::optional<Bytes> value;
  friend bool operator==(const StoreWrite&, const StoreWrite&) = default;
};
using StoreBatch = std::vector<StoreWrite>;

/// Whether a commit waits for the disk. docs/durability.md says what uses which.
enum class Durability : std::uint8_t {
  buffered,  ///< survives a crash of the process, not of the machine
  synced,    ///< survives both
};

}  // namespace mycel
