#include "runtime/quic/tls_context.hpp"

#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/tls1.h>

#include "foundation/base/check.hpp"

namespace mycel::quic {
namespace {

/// Length, then name.
constexpr std::array<unsigned char, 7> protocols = {6, 'l', 'i', 'b', 'p', '2', 'p'};

// Hybrid with a post-quantum exchange when the peer can. The stars ask for a key share of both at
// once, so that a peer without it costs no extra round trip; "/" makes the first the better one.
constexpr const char* hybrid_groups = "*X25519MLKEM768/*X25519:P-256/P-384";
constexpr const char* classical_groups = "*X25519:P-256/P-384";
constexpr const char* ciphers =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* signature_algorithms =
    "ecdsa_secp256r1_sha256:ed25519:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512:"
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512";

int select_protocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned offered_size, void* /*context*/) {
  unsigned char* found = nullptr;
  if (SSL_select_next_proto(&found, chosen_size, protocols.data(), protocols.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

// Without the extension, select_protocol() would not even be asked.
int require_protocol(SSL* ssl, int* alert, void* /*context*/) {
  const unsigned char* extension = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &extension,
                                &size) == 1)
    return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
  return SSL_CLIENT_HELLO_ERROR;
}

int verify_peer(X509_STORE_CTX* store, void* /*context*/) {
  auto* ssl =
      static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* reference = static_cast<ngtcp2_crypto_conn_ref*>(SSL_get_app_data(ssl));
  if (reference == nullptr) return 0;
  if (static_cast<TlsSession*>(reference->user_data)->verify(store)) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  // Becomes the alert bad_certificate.
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>> make_context(const SSL_METHOD* method,
                                                                 bool is_hybrid) {
  std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>> context(SSL_CTX_new(method));
  check(context != nullptr, "a TLS context fits into memory");
  SSL_CTX* ssl = context.get();
  check(SSL_CTX_set_min_proto_version(ssl, TLS1_3_VERSION) == 1 &&
            SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) == 1,
        "TLS 1.3 is there");
  check(SSL_CTX_set_ciphersuites(ssl, ciphers) == 1, "the cipher suites are there");
  check(SSL_CTX_set1_groups_list(ssl, is_hybrid ? hybrid_groups : classical_groups) == 1,
        "the key exchange groups are there");
  check(SSL_CTX_set1_sigalgs_list(ssl, signature_algorithms) == 1,
        "the signature algorithms are there");
  SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_NO_COMPRESSION | SSL_OP_NO_TX_CERTIFICATE_COMPRESSION |
                               SSL_OP_NO_RX_CERTIFICATE_COMPRESSION);
  SSL_CTX_clear_options(ssl, SSL_OP_ENABLE_MIDDLEBOX_COMPAT);
  SSL_CTX_set_num_tickets(ssl, 0);
  SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_max_cert_list(ssl, certificate_size_max_bytes);
  SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(ssl, verify_peer, nullptr);
  return context;
}

}  // namespace

TlsContext::TlsContext(const crypto::Ed25519PrivateKey& identity, Duration certificate_lifetime,
                       bool is_hybrid)
    : identity_(identity),
      certificate_lifetime_(certificate_lifetime),
      client_(make_context(TLS_client_method(), is_hybrid)),
      server_(make_context(TLS_server_method(), is_hybrid)) {
  // Finds the ciphers once instead of at each packet. Doing it again is harmless.
  ngtcp2_crypto_ossl_init();
  // Unlike everything else here, this returns 0 for success.
  check(SSL_CTX_set_alpn_protos(client_.get(), protocols.data(), protocols.size()) == 0,
        "the protocol's name fits");
  SSL_CTX_set_alpn_select_cb(server_.get(), select_protocol, nullptr);
  SSL_CTX_set_client_hello_cb(server_.get(), require_protocol, nullptr);
}

void TlsContext::refresh(Now now) {
  if (refresh_at_ && now.instant < *refresh_at_) return;
  refresh_at_ = now.instant + certificate_lifetime_;
  const Certificate fresh = make_certificate(identity_, now.unix);
  for (SSL_CTX* context : {client_.get(), server_.get()}) {
    check(SSL_CTX_use_certificate(context, fresh.certificate.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context, fresh.key.get()) == 1,
          "a new certificate goes with its key");
  }
}

std::unique_ptr<TlsSession> TlsContext::client(std::optional<PeerId> expected, Now now) {
  refresh(now);
  return std::make_unique<TlsSession>(client_.get(), false, std::move(expected), now.unix);
}

std::unique_ptr<TlsSession> TlsContext::server(Now now) {
  refresh(now);
  return std::make_unique<TlsSession>(server_.get(), true, std::nullopt, now.unix);
}

}  // namespace mycel::quic
