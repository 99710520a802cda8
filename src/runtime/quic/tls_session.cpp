#include "runtime/quic/tls_session.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "foundation/base/check.hpp"

#include "runtime/quic/certificate.hpp"

namespace mycel::quic {

TlsSession::TlsSession(SSL_CTX* context, bool is_server, std::optional<PeerId> expected,
                       UnixTime now)
    : ssl_(SSL_new(context)), expected_(std::move(expected)), now_(now) {
  check(ssl_ != nullptr, "a TLS session fits into memory");
  check(ngtcp2_crypto_ossl_ctx_new(&native_, ssl_) == 0, "a TLS session fits into memory");
  reference_ = {&TlsSession::connection_of, this};
  SSL_set_app_data(ssl_, &reference_);
  const int configured = is_server ? ngtcp2_crypto_ossl_configure_server_session(ssl_)
                                   : ngtcp2_crypto_ossl_configure_client_session(ssl_);
  check(configured == 0, "TLS speaks QUIC");
  if (is_server) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
  }
}

TlsSession::~TlsSession() {
  if (connection_ != nullptr) ngtcp2_conn_set_tls_native_handle(connection_, nullptr);
  SSL_set_app_data(ssl_, nullptr);
  SSL_free(ssl_);
  ngtcp2_crypto_ossl_ctx_del(native_);
}

void TlsSession::attach(ngtcp2_conn* connection) {
  connection_ = connection;
  ngtcp2_conn_set_tls_native_handle(connection, native_);
}

ngtcp2_conn* TlsSession::connection_of(ngtcp2_crypto_conn_ref* reference) {
  return static_cast<TlsSession*>(reference->user_data)->connection_;
}

bool TlsSession::has_protocol() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &name, &size);
  return size > 0;
}

std::string TlsSession::group() const {
  const char* name = SSL_get0_group_name(ssl_);
  return name == nullptr ? std::string() : std::string(name);
}

std::string_view TlsSession::cipher() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl_);
  return cipher == nullptr ? std::string_view() : SSL_CIPHER_get_name(cipher);
}

bool TlsSession::verify(X509_STORE_CTX* store) {
  // libp2p's TLS has exactly one certificate: a chain would only hide who vouches for whom.
  const auto* chain = X509_STORE_CTX_get0_untrusted(store);
  if (chain == nullptr || sk_X509_num(chain) != 1) {
    refusal_ = "the peer sent more than one certificate";
    return false;
  }
  const X509* certificate = sk_X509_value(chain, 0);
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return false;
  std::vector<std::byte> der(static_cast<std::size_t>(size));
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_X509(certificate, &to);

  auto peer = verify_certificate(der, now_);
  if (!peer) {
    refusal_ = to_text(peer.error());
    return false;
  }
  if (expected_ && *expected_ != *peer) {
    is_wrong_peer_ = true;
    refusal_ = "somebody else than expected answered";
    return false;
  }
  peer_ = *peer;
  return true;
}

bool PostHandshake::read(ByteView bytes, bool is_server) {
  constexpr std::size_t message_header_size = 4;
  constexpr std::byte new_session_ticket{4};
  while (!bytes.empty()) {
    if (header_size_ < message_header_size) {
      if (header_size_ == 0 && (is_server || bytes[0] != new_session_ticket)) return false;
      if (header_size_ > 0) body_left_ = body_left_ << 8 | std::to_integer<std::size_t>(bytes[0]);
      header_size_ += 1;
      bytes = bytes.subspan(1);
    } else {
      const std::size_t skipped = std::min(body_left_, bytes.size());
      body_left_ -= skipped;
      bytes = bytes.subspan(skipped);
    }
    if (header_size_ == message_header_size && body_left_ == 0) header_size_ = 0;
  }
  return true;
}

}  // namespace mycel::quic
