#include "runtime/quic/callbacks.hpp"

#include <algorithm>
#include <cstring>

#include <ngtcp2/ngtcp2_crypto.h>

#include "runtime/quic/connection.hpp"

namespace mycel::quic {
namespace {

ByteView view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const std::byte*>(data), size};
}
Stream* stream_of(void* user) {
  return static_cast<Stream*>(user);
}

constexpr std::uint8_t alert_unexpected_message = 10;
constexpr std::uint8_t alert_no_application_protocol = 120;

}  // namespace

struct Callbacks {
  static Connection& of(void* user) { return *static_cast<Connection*>(user); }

  static int crypto(ngtcp2_conn* native, ngtcp2_encryption_level level, std::uint64_t offset,
                    const std::uint8_t* data, std::size_t size, void* user) {
    Connection& connection = of(user);
    if (connection.tls_ == nullptr || connection.is_connected_) {
      const bool is_server = connection.direction_ == Direction::inbound;
      if (connection.post_handshake_.read(view(data, size), is_server)) return 0;
      ngtcp2_conn_set_tls_alert(native, alert_unexpected_message);
      return NGTCP2_ERR_CRYPTO;
    }
    const int result =
        ngtcp2_crypto_recv_crypto_data_cb(native, level, offset, data, size, nullptr);
    if (result == 0 && ngtcp2_conn_get_handshake_completed2(native) != 0 &&
        !connection.tls_->has_protocol()) {
      ngtcp2_conn_set_tls_alert(native, alert_no_application_protocol);
      return NGTCP2_ERR_CRYPTO;
    }
    return result;
  }

  static int handshake_completed(ngtcp2_conn* /*native*/, void* user) {
    return of(user).on_handshake_done() ? 0 : NGTCP2_ERR_CALLBACK_FAILURE;
  }

  static int stream_data(ngtcp2_conn* /*native*/, std::uint32_t flags, std::int64_t /*id*/,
                         std::uint64_t /*offset*/, const std::uint8_t* data, std::size_t size,
                         void* user, void* stream) {
    if (stream == nullptr) return 0;
    const bool is_last = (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0;
    of(user).streams_.on_data(*stream_of(stream), view(data, size), is_last);
    return 0;
  }
  static int stream_acked(ngtcp2_conn* /*native*/, std::int64_t /*id*/, std::uint64_t /*offset*/,
                          std::uint64_t size, void* user, void* stream) {
    if (stream != nullptr) of(user).streams_.on_acked(*stream_of(stream), size);
    return 0;
  }
  static int stream_open(ngtcp2_conn* native, std::int64_t id, void* user) {
    of(user).streams_.on_opened(native, id);
    return 0;
  }
  static int stream_close(ngtcp2_conn* native, std::uint32_t /*flags*/, std::int64_t id,
                          std::uint64_t /*code*/, void* user, void* stream) {
    of(user).streams_.on_closed(native, id, stream_of(stream));
    return 0;
  }
  static int stream_reset(ngtcp2_conn* native, std::int64_t /*id*/, std::uint64_t /*size*/,
                          std::uint64_t code, void* user, void* stream) {
    if (stream != nullptr) of(user).streams_.on_reset(native, *stream_of(stream), code);
    return 0;
  }
  static int stop_sending(ngtcp2_conn* /*native*/, std::int64_t /*id*/, std::uint64_t code,
                          void* user, void* stream) {
    if (stream != nullptr) of(user).streams_.on_stopped(*stream_of(stream), code);
    return 0;
  }
  static int stream_credit(ngtcp2_conn* /*native*/, std::int64_t /*id*/, std::uint64_t /*max*/,
                           void* user, void* stream) {
    if (stream != nullptr) of(user).streams_.on_credit(*stream_of(stream));
    return 0;
  }
  static int streams_raised(ngtcp2_conn* /*native*/, std::uint64_t /*max*/, void* user) {
    of(user).streams_.on_limit_raised();
    return 0;
  }

  static void random(std::uint8_t* to, std::size_t size, const ngtcp2_rand_ctx* context) {
    static_cast<RandomPool*>(context->native_handle)->fill(to, size);
  }

  static int new_cid(ngtcp2_conn* /*native*/, ngtcp2_cid* cid, ngtcp2_stateless_reset_token* token,
                     std::size_t /*size*/, void* user) {
    Connection& connection = of(user);
    const Cid fresh = connection.shared_.new_cid();
    *cid = to_native(fresh);
    std::ranges::copy(reset_token(connection.shared_.secret, *cid), token->data);
    connection.add_cid(fresh);
    return 0;
  }
  static int old_cid(ngtcp2_conn* /*native*/, const ngtcp2_cid* cid, void* user) {
    if (cid->datalen == cid_size_bytes) of(user).remove_cid(to_cid(cid->data));
    return 0;
  }
  static int peer_cid(ngtcp2_conn* /*native*/, ngtcp2_connection_id_status_type type,
                      std::uint64_t /*number*/, const ngtcp2_cid* /*cid*/,
                      const ngtcp2_stateless_reset_token* native_token, void* user) {
    if (native_token == nullptr) return 0;
    Connection& connection = of(user);
    ResetToken token;
    std::memcpy(token.data(), native_token->data, token.size());
    if (type == NGTCP2_CONNECTION_ID_STATUS_TYPE_ACTIVATE) {
      connection.tokens_.push_back(token);
      connection.shared_.router.add_token(token, connection);
    } else {
      std::erase(connection.tokens_, token);
      connection.shared_.router.remove_token(token, connection);
    }
    return 0;
  }
  static int stateless_reset(ngtcp2_conn* /*native*/, const ngtcp2_pkt_stateless_reset2* /*reset*/,
                             void* user) {
    of(user).is_reset_ = true;
    return 0;
  }

  static ngtcp2_callbacks table() {
    ngtcp2_callbacks table{};
    table.client_initial = ngtcp2_crypto_client_initial_cb;
    table.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    table.recv_crypto_data = crypto;
    table.handshake_completed = handshake_completed;
    table.encrypt = ngtcp2_crypto_encrypt_cb;
    table.decrypt = ngtcp2_crypto_decrypt_cb;
    table.hp_mask = ngtcp2_crypto_hp_mask_cb;
    table.recv_retry = ngtcp2_crypto_recv_retry_cb;
    table.update_key = ngtcp2_crypto_update_key_cb;
    table.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    table.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    table.get_path_challenge_data2 = ngtcp2_crypto_get_path_challenge_data2_cb;
    table.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    table.recv_stream_data = stream_data;
    table.acked_stream_data_offset = stream_acked;
    table.stream_open = stream_open;
    table.stream_close = stream_close;
    table.stream_reset = stream_reset;
    table.recv_stop_sending = stop_sending;
    table.extend_max_stream_data = stream_credit;
    table.extend_max_local_streams_bidi = streams_raised;
    table.rand = random;
    table.get_new_connection_id2 = new_cid;
    table.remove_connection_id = old_cid;
    table.dcid_status2 = peer_cid;
    table.recv_stateless_reset2 = stateless_reset;
    return table;
  }
};

const ngtcp2_callbacks& connection_callbacks() {
  static const ngtcp2_callbacks table = Callbacks::table();
  return table;
}

}  // namespace mycel::quic
