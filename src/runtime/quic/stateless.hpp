#pragma once
// Answers to packets that belong to no connection: no state is kept for who asks. Each is no larger
// than what it answers allows, and so many a second at most, so that nobody can use them to flood
// somebody else.
// Source: RFC 9000, sections 6, 8.1.2, 10.3.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <ngtcp2/ngtcp2.h>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"

#include "runtime/ports/datagrams.hpp"
#include "runtime/quic/random_pool.hpp"
#include "runtime/quic/router.hpp"

namespace mycel::quic {

/// What reset tokens and Retry tokens are derived from.
using Secret = std::array<std::uint8_t, 32>;

/// The same for each life of a node, so that a restarted one can reset the connections of the last.
Secret secret_of(const crypto::Ed25519PrivateKey& identity);
/// The token that makes a stateless reset for this connection id.
ResetToken reset_token(const Secret& secret, const ngtcp2_cid& cid);

class Stateless {
 public:
  Stateless(RandomPool& random, const Secret& secret) : random_(&random), secret_(&secret) {}

  /// May another answer leave? At most `answers_per_second`, in bursts of as many.
  bool allow(Instant now);

  // Each writes one packet and returns its size; 0 when there is nothing to send.
  std::size_t version_negotiation(std::span<std::uint8_t> to, const ngtcp2_version_cid& asked);
  std::size_t retry(std::span<std::uint8_t> to, const ngtcp2_pkt_hd& asked,
                    const ports::Endpoint& remote, Instant now);
  std::size_t close(std::span<std::uint8_t> to, const ngtcp2_pkt_hd& asked, std::uint64_t code);
  std::size_t reset(std::span<std::uint8_t> to, Cid cid, std::size_t asked_size);

  /// The destination id that the dialler used before our Retry, if its token is one of ours, for
  /// this address and fresh.
  std::optional<ngtcp2_cid> check_retry(const ngtcp2_pkt_hd& asked, const ports::Endpoint& remote,
                                        Instant now) const;
  static bool is_retry_token(const ngtcp2_pkt_hd& asked);

 private:
  static constexpr std::int64_t answers_per_second = 1000;

  RandomPool* random_;
  const Secret* secret_;
  Instant refilled_{};
  std::int64_t allowance_ = answers_per_second;
};

}  // namespace mycel::quic
