#pragma once
// The newest statement that was seen of each DID: what makes an older one recognisable. Bounded:
// the DID that was not asked about for longest is forgotten first. Every change is also a store
// write.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "foundation/base/bytes.hpp"
#include "foundation/model/store_write.hpp"

#include "protocol/agents/signed_card.hpp"

namespace mycel::agents {

class KnownHeads {
 public:
  explicit KnownHeads(std::size_t size_max) : size_max_(size_max) {}

  /// What is known of `did`, or `nullptr`.
  const Head* find(const std::string& did) const;
  /// Sets it, and writes what changed to `persist`.
  void set(const std::string& did, const Head& head, StoreBatch& persist);
  /// An entry that was persisted. One too many is dropped; false when `value` cannot be read.
  bool load(const std::string& did, ByteView value);

  std::size_t size() const { return entries_.size(); }
  static Bytes store_key(const std::string& did);

 private:
  struct Entry {
    Head head;
    std::uint64_t used = 0;
  };
  void touch(const std::string& did, Entry& entry);

  std::size_t size_max_;
  std::uint64_t uses_ = 0;
  std::map<std::string, Entry> entries_;
  std::map<std::uint64_t, std::string> by_use_;
};

}  // namespace mycel::agents
