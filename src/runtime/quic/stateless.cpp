#include "runtime/quic/stateless.hpp"

#include <algorithm>
#include <cstring>

#include <ngtcp2/ngtcp2_crypto.h>

#include "foundation/crypto/hash.hpp"

#include "runtime/quic/address.hpp"

namespace mycel::quic {
namespace {

constexpr Duration retry_token_lifetime = 10s;
/// The smallest packet that looks like an ordinary short one.
constexpr std::size_t reset_size_min = 21;
constexpr std::size_t reset_size_max = 43;

std::uint64_t ticks(Duration time) {
  return static_cast<std::uint64_t>(time.count());
}
std::uint64_t ticks(Instant time) {
  return ticks(time.time_since_epoch());
}
std::size_t size_or_none(ngtcp2_ssize size) {
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

}  // namespace

Secret secret_of(const crypto::Ed25519PrivateKey& identity) {
  // Ed25519 signatures are deterministic, and nobody sees this one.
  const auto signature = identity.sign(as_bytes("mycel quic secret of stateless answers"));
  const crypto::Digest digest = crypto::sha256(signature.view());
  Secret secret;
  std::memcpy(secret.data(), digest.bytes.data(), secret.size());
  return secret;
}

ResetToken reset_token(const Secret& secret, const ngtcp2_cid& cid) {
  ResetToken token{};
  ngtcp2_crypto_generate_stateless_reset_token(token.data(), secret.data(), secret.size(), &cid);
  return token;
}

bool Stateless::allow(Instant now) {
  const std::int64_t earned = (now - refilled_) / (Duration{1s} / answers_per_second);
  if (earned > 0) {
    allowance_ = std::min(answers_per_second, allowance_ + std::min(earned, answers_per_second));
    refilled_ = now;
  }
  if (allowance_ == 0) return false;
  allowance_ -= 1;
  return true;
}

std::size_t Stateless::version_negotiation(std::span<std::uint8_t> to,
                                           const ngtcp2_version_cid& asked) {
  std::array<std::uint8_t, 1> noise{};
  random_->fill(noise);
  // A reserved version beside ours keeps peers honest about versions that they do not know.
  const std::array<std::uint32_t, 2> versions = {NGTCP2_RESERVED_VERSION_MASK, NGTCP2_PROTO_VER_V1};
  return size_or_none(ngtcp2_pkt_write_version_negotiation(
      to.data(), to.size(), noise[0], asked.scid, asked.scidlen, asked.dcid, asked.dcidlen,
      versions.data(), versions.size()));
}

std::size_t Stateless::retry(std::span<std::uint8_t> to, const ngtcp2_pkt_hd& asked,
                             const ports::Endpoint& remote, Instant now) {
  std::array<std::uint8_t, cid_size_bytes> bytes{};
  random_->fill(bytes);
  const ngtcp2_cid source = to_native(to_cid(bytes.data()));
  ngtcp2_sockaddr_union storage;
  const ngtcp2_addr address = write_address(remote, storage);
  std::array<std::uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2> token{};
  const auto size = ngtcp2_crypto_generate_retry_token2(
      token.data(), secret_->data(), secret_->size(), asked.version, address.addr, address.addrlen,
      &source, &asked.dcid, ticks(now));
  if (size < 0) return 0;
  return size_or_none(ngtcp2_crypto_write_retry(to.data(), to.size(), asked.version, &asked.scid,
                                                &source, &asked.dcid, token.data(),
                                                static_cast<std::size_t>(size)));
}

std::size_t Stateless::close(std::span<std::uint8_t> to, const ngtcp2_pkt_hd& asked,
                             std::uint64_t code) {
  return size_or_none(ngtcp2_crypto_write_connection_close(
      to.data(), to.size(), asked.version, &asked.scid, &asked.dcid, code, nullptr, 0));
}

std::size_t Stateless::reset(std::span<std::uint8_t> to, Cid cid, std::size_t asked_size) {
  // Smaller than what it answers, or two nodes that forgot each other would never stop.
  if (asked_size <= reset_size_min) return 0;
  const std::size_t size = std::min(asked_size - 1, reset_size_max);
  const ResetToken bytes = reset_token(*secret_, to_native(cid));
  ngtcp2_stateless_reset_token token;
  std::ranges::copy(bytes, token.data);
  std::array<std::uint8_t, reset_size_max> noise{};
  random_->fill(noise);
  return size_or_none(ngtcp2_pkt_write_stateless_reset2(to.data(), to.size(), &token, noise.data(),
                                                        size - NGTCP2_STATELESS_RESET_TOKENLEN));
}

bool Stateless::is_retry_token(const ngtcp2_pkt_hd& asked) {
  return asked.tokenlen > 0 && asked.token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2;
}

std::optional<ngtcp2_cid> Stateless::check_retry(const ngtcp2_pkt_hd& asked,
                                                 const ports::Endpoint& remote, Instant now) const {
  if (!is_retry_token(asked)) return std::nullopt;
  ngtcp2_sockaddr_union storage;
  const ngtcp2_addr address = write_address(remote, storage);
  ngtcp2_cid original;
  if (ngtcp2_crypto_verify_retry_token2(
          &original, asked.token, asked.tokenlen, secret_->data(), secret_->size(), asked.version,
          address.addr, address.addrlen, &asked.dcid, ticks(retry_token_lifetime), ticks(now)) != 0)
    return std::nullopt;
  return original;
}

}  // namespace mycel::quic
