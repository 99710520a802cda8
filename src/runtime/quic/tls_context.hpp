#pragma once
// What all TLS handshakes of a transport share: libp2p's rules, our certificate, which is replaced
// while connections come and go, and the order in which key exchanges are preferred.
// Source: libp2p specs, tls/tls.md and quic; RFC 9001.

#include <memory>
#include <optional>

#include <openssl/ssl.h>

#include "foundation/base/time.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/model/peer_id.hpp"

#include "runtime/quic/certificate.hpp"
#include "runtime/quic/tls_session.hpp"

namespace mycel::quic {

class TlsContext {
 public:
  TlsContext(const crypto::Ed25519PrivateKey& identity, Duration certificate_lifetime,
             bool is_hybrid);

  std::unique_ptr<TlsSession> client(std::optional<PeerId> expected, Now now);
  std::unique_ptr<TlsSession> server(Now now);

  /// What clients are made from: for tests of peers that break the rules.
  SSL_CTX* client_context() { return client_.get(); }

 private:
  using ContextPtr = std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>>;

  void refresh(Now now);

  crypto::Ed25519PrivateKey identity_;
  Duration certificate_lifetime_;
  std::optional<Instant> refresh_at_;
  ContextPtr client_;
  ContextPtr server_;
};

}  // namespace mycel::quic
