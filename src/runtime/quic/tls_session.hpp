#pragma once
// The TLS handshake of one connection. It is freed as soon as the handshake is done: packets are
// protected by ngtcp2's own keys, and no tickets are kept, so nothing of it is needed any more.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_ossl.h>

#include "foundation/base/bytes.hpp"
#include "foundation/base/time.hpp"
#include "foundation/model/peer_id.hpp"

namespace mycel::quic {

class TlsSession {
 public:
  /// `context` is a client's or a server's. With `expected`, whoever else answers is refused.
  TlsSession(SSL_CTX* context, bool is_server, std::optional<PeerId> expected, UnixTime now);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Ties the handshake to its connection, which must outlive it.
  void attach(ngtcp2_conn* connection);

  /// Who proved to be at the other end; none before the certificate was verified.
  const std::optional<PeerId>& peer() const { return peer_; }
  bool is_wrong_peer() const { return is_wrong_peer_; }
  /// Why the peer's certificate was refused, in words; empty if it was not.
  std::string_view refusal() const { return refusal_; }

  bool has_protocol() const;  ///< was "libp2p" agreed on?
  std::string group() const;
  std::string_view cipher() const;  ///< lives as long as the program

  /// Judges the peer's chain of certificates. For the TLS context's callback only.
  bool verify(X509_STORE_CTX* store);

 private:
  static ngtcp2_conn* connection_of(ngtcp2_crypto_conn_ref* reference);

  SSL* ssl_ = nullptr;
  ngtcp2_crypto_ossl_ctx* native_ = nullptr;
  ngtcp2_crypto_conn_ref reference_{};
  ngtcp2_conn* connection_ = nullptr;
  std::optional<PeerId> expected_;
  std::optional<PeerId> peer_;
  UnixTime now_;
  std::string_view refusal_;
  bool is_wrong_peer_ = false;
};

/// What may follow a handshake in its byte stream: session tickets, which we do not use. Anything
/// else breaks RFC 9001: key updates and late authentication are not done by TLS here.
class PostHandshake {
 public:
  /// False if the peer sent what it must not.
  bool read(ByteView bytes, bool is_server);

 private:
  std::size_t header_size_ = 0;
  std::size_t body_left_ = 0;
};

}  // namespace mycel::quic
