#pragma once
// What all connections of a transport have in common.

#include "foundation/crypto/ed25519.hpp"

#include "runtime/ports/entropy.hpp"
#include "runtime/ports/timers.hpp"
#include "runtime/quic/config.hpp"
#include "runtime/quic/counters.hpp"
#include "runtime/quic/events.hpp"
#include "runtime/quic/random_pool.hpp"
#include "runtime/quic/router.hpp"
#include "runtime/quic/stateless.hpp"
#include "runtime/quic/tls_context.hpp"

namespace mycel::quic {

struct Shared {
  Shared(const Config& with, const crypto::Ed25519PrivateKey& identity, ports::Timers& clock,
         ports::Entropy& entropy)
      : config(with),
        timers(clock),
        random(entropy),
        secret(secret_of(identity)),
        tls(identity, with.certificate_lifetime, with.hybrid_key_exchange) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  /// An unused connection id of ours.
  Cid new_cid() {
    std::array<std::uint8_t, cid_size_bytes> bytes{};
    do {
      random.fill(bytes);
    } while (router.is_known(to_cid(bytes.data())));
    return to_cid(bytes.data());
  }

  const Config config;
  ports::Timers& timers;
  RandomPool random;
  const Secret secret;
  TlsContext tls;
  Router router;
  EventQueue events;
  Counters counters;
};

/// ngtcp2 counts nanoseconds, as `Instant` does.
inline ngtcp2_tstamp to_ticks(Instant time) {
  return static_cast<ngtcp2_tstamp>(time.time_since_epoch().count());
}
inline ngtcp2_duration to_ticks(Duration time) {
  return static_cast<ngtcp2_duration>(time.count());
}

}  // namespace mycel::quic
