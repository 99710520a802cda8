#pragma once
// How the values that several messages share are spelled.

#include <cstdint>

#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/hash.hpp"

#include "protocol/dht/witness/fixed_bytes.hpp"
#include "protocol/dht/witness/refusal.hpp"

namespace mycel::dht::witness {

/// Milliseconds up to the year 10889: further on, sums with a duration could overflow.
inline constexpr std::uint64_t time_max = std::uint64_t{1} << 48;

inline void write_time(FixedWriter& to, UnixTime time) {
  const std::int64_t since = time.time_since_epoch().count();
  check(since >= 0 && static_cast<std::uint64_t>(since) < time_max,
        "this node's calendar is between 1970 and 10889");
  to.number(static_cast<std::uint64_t>(since), 8);
}

inline UnixTime read_time(FixedReader& from) {
  const std::uint64_t since = from.number(8);
  if (since >= time_max) {
    from.fail(wire::Fault::malformed);
    return {};
  }
  return UnixTime{CalendarClock::duration{static_cast<std::int64_t>(since)}};
}

inline crypto::Digest read_digest(FixedReader& from) {
  return {from.array<32>()};
}

inline crypto::Ed25519PublicKey read_peer(FixedReader& from) {
  return {from.array<crypto::ed25519_key_size_bytes>()};
}

inline Refusal read_reason(FixedReader& from) {
  const std::uint64_t number = from.number(1);
  if (number >= 1 && number <= refusal_count) return static_cast<Refusal>(number);
  from.fail(wire::Fault::unknown_kind);
  return Refusal::malformed;
}

}  // namespace mycel::dht::witness
