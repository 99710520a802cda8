#include "runtime/quic/connection.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "foundation/base/check.hpp"

#include "runtime/quic/callbacks.hpp"

namespace mycel::quic {
namespace {

/// Payload sizes that path MTU discovery tries, if the configuration allows them: Ethernet first,
/// then tunnels, jumbo frames and the loopback interface. Sizes below one that worked are skipped.
constexpr std::array<std::uint16_t, 7> packet_sizes = {1452, 1444, 1406, 1472, 8952, 16000, 32000};
constexpr std::uint64_t cids_of_peer_max = 4;
constexpr std::size_t first_cid_size_bytes = 16;
/// What Linux splits at once (UDP_MAX_SEGMENTS before 6.9).
constexpr std::size_t packets_per_train_max = 64;
constexpr std::size_t reason_size_max_bytes = 128;
/// The initial window: ten packets of the smallest size. RFC 9002, section 7.2.
constexpr std::uint64_t unpaced_max_bytes = 10 * NGTCP2_MAX_UDP_PAYLOAD_SIZE;

ngtcp2_ssize write_packet(ngtcp2_conn* native, ngtcp2_path* path, ngtcp2_pkt_info* info,
                          std::uint8_t* to, std::size_t size, ngtcp2_tstamp now, void* user) {
  auto* connection = static_cast<Connection*>(user);
  return connection->streams().write_packet(native, path, info, to, size, now);
}

Instant to_instant(ngtcp2_tstamp ticks) {
  if (ticks >= static_cast<ngtcp2_tstamp>(never.time_since_epoch().count())) return never;
  return Instant(Duration(static_cast<Duration::rep>(ticks)));
}

/// A peer's words, fit for a log line.
std::string printable(const std::uint8_t* text, std::size_t size) {
  std::string clean(reinterpret_cast<const char*>(text), std::min(size, reason_size_max_bytes));
  for (char& letter : clean)
    if (letter < ' ' || letter > '~') letter = '?';
  return clean;
}

std::string alert_text(std::uint8_t alert) {
  return std::string("TLS: ") + SSL_alert_desc_string_long(alert);
}

bool is_tls_alert(std::uint64_t code) {
  return code >= NGTCP2_CRYPTO_ERROR && code <= NGTCP2_CRYPTO_ERROR + 0xff;
}

}  // namespace

Connection::Connection(Shared& shared, ConnectionId id, Direction direction, const Path& path)
    : shared_(shared),
      id_(id),
      direction_(direction),
      path_(path),
      streams_(id, shared.config, shared.events),
      silence_(shared.config.unanswered_max) {}

std::unique_ptr<Connection> Connection::accept(Shared& shared, ConnectionId id, const Path& path,
                                               const FirstPacket& first, Now now) {
  std::unique_ptr<Connection> made(new Connection(shared, id, Direction::inbound, path));
  made->start(first.header.scid, &first, std::nullopt, now);
  return made;
}

std::unique_ptr<Connection> Connection::dial(Shared& shared, ConnectionId id, const Path& path,
                                             std::optional<PeerId> expected, Now now) {
  std::unique_ptr<Connection> made(new Connection(shared, id, Direction::outbound, path));
  std::array<std::uint8_t, first_cid_size_bytes> bytes{};
  shared.random.fill(bytes);
  ngtcp2_cid peer_cid;
  ngtcp2_cid_init(&peer_cid, bytes.data(), bytes.size());
  made->start(peer_cid, nullptr, std::move(expected), now);
  return made;
}

Connection::~Connection() {
  for (const Cid cid : cids_) shared_.router.remove(cid);
  for (const ResetToken& token : tokens_) shared_.router.remove_token(token, *this);
  if (!first_cid_.empty()) shared_.router.remove_first(first_cid_);
  tls_.reset();
  ngtcp2_conn_del(native_);
}

ngtcp2_settings Connection::settings(Now now) const {
  const Config& config = shared_.config;
  ngtcp2_settings settings;
  ngtcp2_settings_default(&settings);
  settings.cc_algo = config.congestion_control == CongestionControl::bbr ? NGTCP2_CC_ALGO_BBR
                                                                         : NGTCP2_CC_ALGO_CUBIC;
  // Each packet is acknowledged by the next that is written; the endpoint lets that wait. By itself
  // ngtcp2 writes an answer without, and the acknowledgement of its request after it.
  settings.ack_thresh = 1;
  settings.initial_ts = to_ticks(now.instant);
  settings.handshake_timeout = to_ticks(config.handshake_timeout);
  settings.max_window = config.connection_window_max_bytes;
  settings.max_stream_window = config.stream_window_max_bytes;
  settings.rand_ctx.native_handle = &shared_.random;
  const auto count = static_cast<std::size_t>(std::ranges::count_if(
      packet_sizes, [&](auto size) { return size <= config.udp_payload_max_bytes; }));
  settings.pmtud_probes = packet_sizes.data();
  settings.pmtud_probeslen = count;
  settings.no_pmtud = count == 0 ? 1 : 0;
  settings.max_tx_udp_payload_size =
      count == 0 ? NGTCP2_MAX_UDP_PAYLOAD_SIZE
                 : *std::max_element(packet_sizes.begin(),
                                     packet_sizes.begin() + static_cast<std::ptrdiff_t>(count));
  return settings;
}

ngtcp2_transport_params Connection::transport_params() const {
  const Config& config = shared_.config;
  ngtcp2_transport_params params;
  ngtcp2_transport_params_default(&params);
  params.initial_max_data = config.connection_window_bytes;
  params.initial_max_stream_data_bidi_local = config.stream_window_bytes;
  params.initial_max_stream_data_bidi_remote = config.stream_window_bytes;
  params.initial_max_streams_bidi = config.streams_inbound_max;
  params.initial_max_streams_uni = 0;
  params.max_idle_timeout = to_ticks(config.idle_timeout);
  params.active_connection_id_limit = cids_of_peer_max;
  return params;
}

void Connection::start(const ngtcp2_cid& peer_cid, const FirstPacket* first,
                       std::optional<PeerId> expected, Now now) {
  ngtcp2_settings with = settings(now);
  ngtcp2_transport_params params = transport_params();
  const Cid own = shared_.new_cid();
  const ngtcp2_cid own_native = to_native(own);
  NativePath native_path(path_);
  int result = 0;
  if (first == nullptr) {
    tls_ = shared_.tls.client(std::move(expected), now);
    result = ngtcp2_conn_client_new(&native_, &peer_cid, &own_native, native_path.get(),
                                    NGTCP2_PROTO_VER_V1, &connection_callbacks(), &with, &params,
                                    nullptr, this);
  } else {
    const ngtcp2_pkt_hd& header = first->header;
    params.original_dcid = first->before_retry ? *first->before_retry : header.dcid;
    params.original_dcid_present = 1;
    if (first->before_retry) {
      params.retry_scid = header.dcid;
      params.retry_scid_present = 1;
      with.token = header.token;
      with.tokenlen = header.tokenlen;
      with.token_type = NGTCP2_TOKEN_TYPE_RETRY;
    }
    std::ranges::copy(reset_token(shared_.secret, own_native), params.stateless_reset_token);
    params.stateless_reset_token_present = 1;
    tls_ = shared_.tls.server(now);
    result =
        ngtcp2_conn_server_new(&native_, &peer_cid, &own_native, native_path.get(), header.version,
                               &connection_callbacks(), &with, &params, nullptr, this);
    first_cid_.assign(header.dcid.data, header.dcid.data + header.dcid.datalen);
    shared_.router.add_first(first_cid_, *this);
  }
  check(result == 0, "a connection fits into memory");
  tls_->attach(native_);
  add_cid(own);
}

void Connection::add_cid(Cid cid) {
  cids_.push_back(cid);
  shared_.router.add(cid, *this);
}

void Connection::remove_cid(Cid cid) {
  std::erase(cids_, cid);
  shared_.router.remove(cid);
}

void Connection::read(const Path& path, std::uint8_t ecn, ByteView packet, Now now) {
  if (is_over_) return;
  // A socket on the wildcard address learns which of the machine's addresses it uses from the
  // first answer.
  if (is_unspecified(path_.local) && !is_unspecified(path.local)) {
    ngtcp2_sockaddr_union storage;
    const ngtcp2_addr local = write_address(path.local, storage);
    ngtcp2_conn_set_local_addr(native_, &local);
    path_.local = path.local;
  }
  NativePath native_path(path);
  const ngtcp2_pkt_info info{ecn};
  on_result(ngtcp2_conn_read_pkt(native_, native_path.get(), &info,
                                 reinterpret_cast<const std::uint8_t*>(packet.data()),
                                 packet.size(), to_ticks(now.instant)));
  if (!is_connected_ || is_over_) return;
  const ngtcp2_conn_info known = native_info();
  watch_silence(now, Moved::in, known);
  note_debts(now, known);
}

ngtcp2_conn_info Connection::native_info() const {
  ngtcp2_conn_info info;
  ngtcp2_conn_get_conn_info2(native_, &info);
  return info;
}

// ngtcp2 does not say that an acknowledgement is due, only when it would send it by itself: an
// eighth of the round trip after the packet came.
void Connection::note_debts(Now now, const ngtcp2_conn_info& info) {
  const auto delay = std::max<ngtcp2_duration>(info.smoothed_rtt / 8, 1);
  if (ngtcp2_conn_get_expiry2(native_) <= to_ticks(now.instant) + delay) unacknowledged_ += 1;
  has_lost_ = has_lost_ || info.pkt_lost != known_lost_;
  known_lost_ = info.pkt_lost;
}

bool Connection::owes_one_acknowledgement() const {
  const bool is_past_handshake = keys_until_ != Instant{};
  return is_past_handshake && !is_over_ && unacknowledged_ == 1 && !has_lost_ &&
         !streams_.has_something_to_send();
}

void Connection::on_expiry(Now now) {
  if (is_over_) return;
  flush_due_ = never;  // the flush follows
  rests_until_ = never;
  streams_.release_ends();
  if (silence_.until() <= now.instant) on_silence(now);
  if (next_expiry() > now.instant) return;
  on_result(ngtcp2_conn_handle_expiry(native_, to_ticks(now.instant)));
}

Instant Connection::next_expiry() const {
  if (is_over_) return never;
  if (rests_until_ != never) return rests_until_;
  return std::min({flush_due_, silence_.until(), to_instant(ngtcp2_conn_get_expiry2(native_))});
}

void Connection::watch_silence(Now now, Moved moved, const ngtcp2_conn_info& info) {
  const bool is_waiting = info.bytes_in_flight > 0;
  const Duration probe_timeout(static_cast<Duration::rep>(ngtcp2_conn_get_pto2(native_)));
  if (moved == Moved::in)
    silence_.on_read(now.instant, is_waiting, info.pkt_recv, probe_timeout);
  else
    silence_.on_written(now.instant, is_waiting, probe_timeout);
}

// The peer is told: it may hear us although we do not hear it.
void Connection::on_silence(Now now) {
  if (!silence_.is_proved(now.instant)) return;
  tells_peer_ = true;
  close_text_ = "unanswered";
  end(ports::CloseReason::idle_timeout, 0, "the peer answers nothing");
}

void Connection::settle() {
  if (is_over_) return;
  streams_.settle();
  check_path();
  if (is_connected_) tls_.reset();
}

void Connection::check_path() {
  if (!is_connected_) return;
  const Path now = to_path(*ngtcp2_conn_get_path2(native_));
  if (now == path_) return;
  path_ = now;
  shared_.counters.path_changes += 1;
  shared_.events.push(PathEvent{id_, {to_multiaddr(path_.local), to_multiaddr(path_.remote)}});
}

void Connection::update_keys(Now now) {
  if (!is_connected_ || now.instant < keys_until_) return;
  // Before the handshake is confirmed, or the last update acknowledged, there is none: later then.
  const bool is_first = keys_until_ == Instant{};
  keys_until_ = now.instant + shared_.config.key_lifetime;
  if (!is_first && ngtcp2_conn_initiate_key_update(native_, to_ticks(now.instant)) == 0)
    key_updates_ += 1;
}

bool Connection::on_handshake_done() {
  if (tls_ == nullptr || !tls_->peer()) return false;
  peer_ = *tls_->peer();
  group_ = tls_->group();
  cipher_ = tls_->cipher();
  is_connected_ = true;
  keep_alive(shared_.config.keep_alive > Duration::zero());
  auto& counters = shared_.counters;
  (direction_ == Direction::inbound ? counters.handshakes_inbound : counters.handshakes_outbound) +=
      1;
  shared_.events.push(ConnectedEvent{
      id_, {peer_, to_multiaddr(path_.local), to_multiaddr(path_.remote), direction_}});
  return true;
}

Duration Connection::agreed_idle_timeout() const {
  const auto* theirs = ngtcp2_conn_get_remote_transport_params2(native_);
  const Duration ours = shared_.config.idle_timeout;
  if (theirs == nullptr || theirs->max_idle_timeout == 0) return ours;
  const auto limit = std::min<std::uint64_t>(theirs->max_idle_timeout, to_ticks(24h));
  const Duration wish(static_cast<Duration::rep>(limit));
  return ours == Duration::zero() ? wish : std::min(ours, wish);
}

void Connection::keep_alive(bool is_wanted) {
  if (is_over_) return;
  Duration pause = shared_.config.keep_alive;
  if (!is_wanted || pause <= Duration::zero()) {
    ngtcp2_conn_set_keep_alive_timeout(native_, UINT64_MAX);
    return;
  }
  const Duration idle = agreed_idle_timeout();
  if (idle > Duration::zero()) pause = std::min(pause, idle * 2 / 5);
  // The dialler speaks first, and so the other side need not.
  if (direction_ == Direction::inbound) pause += pause / 6;
  ngtcp2_conn_set_keep_alive_timeout(native_, to_ticks(pause));
}

std::optional<Train> Connection::next_train(std::span<std::uint8_t> buffer, Now now) {
  if (is_over_) return std::nullopt;
  unacknowledged_ = 0;
  has_lost_ = false;
  rests_until_ = never;
  update_keys(now);
  NativePath native_path;
  ngtcp2_pkt_info info{};
  std::size_t segment = 0;
  // The pace is set by packets, not by the buffer: that must hold the largest packet of path MTU
  // discovery, or none would ever be sent.
  const std::size_t packets =
      std::max<std::size_t>(1, ngtcp2_conn_get_send_quantum2(native_) /
                                   ngtcp2_conn_get_path_max_tx_udp_payload_size2(native_));
  const auto size = ngtcp2_conn_write_aggregate_pkt2(
      native_, native_path.get(), &info, buffer.data(), buffer.size(), &segment, write_packet,
      std::min(packets, packets_per_train_max), to_ticks(now.instant));
  if (size > 0) {
    sent_bytes_ += static_cast<std::uint64_t>(size);
    if (is_connected_ && !is_over_) watch_silence(now, Moved::out, native_info());
  }
  // What the first flights hold is not spread over the round trip, which delays the first request;
  // a burst of an initial window is what RFC 9002, section 7.7, allows.
  if (sent_bytes_ > unpaced_max_bytes)
    ngtcp2_conn_update_pkt_tx_time(native_, to_ticks(now.instant));
  if (size < 0) {
    fail(static_cast<int>(size));
    return std::nullopt;
  }
  if (size == 0) return std::nullopt;
  const auto count = static_cast<std::size_t>(size);
  return Train{to_path(*native_path.get()), buffer.first(count), count > segment ? segment : 0,
               info.ecn};
}

void Connection::close(std::uint64_t code, std::string_view reason) {
  if (is_over_) {
    is_silenced_ = true;
    return;
  }
  close_code_ = code;
  close_text_ = reason.substr(0, reason_size_max_bytes);
  tells_peer_ = true;
  end(ports::CloseReason::local, code, std::string(reason));
  is_silenced_ = true;
}

Bytes Connection::farewell(Now now) {
  if (!tells_peer_) return {};
  const auto text = as_bytes(close_text_);
  const auto* reason = reinterpret_cast<const std::uint8_t*>(text.data());
  ngtcp2_ccerr error;
  if (error_ == NGTCP2_ERR_CRYPTO) {
    ngtcp2_ccerr_set_tls_alert(&error, alert_, nullptr, 0);
  } else if (error_ != 0) {
    ngtcp2_ccerr_set_liberr(&error, error_, nullptr, 0);
  } else {
    ngtcp2_ccerr_set_application_error(&error, close_code_, reason, text.size());
  }
  std::array<std::uint8_t, 2 * NGTCP2_MAX_UDP_PAYLOAD_SIZE> buffer;
  ngtcp2_pkt_info info{};
  const auto size = ngtcp2_conn_write_connection_close(
      native_, nullptr, &info, buffer.data(), buffer.size(), &error, to_ticks(now.instant));
  if (size <= 0) return {};
  return Bytes::copy(
      ByteView(reinterpret_cast<const std::byte*>(buffer.data()), static_cast<std::size_t>(size)));
}

Duration Connection::linger() const {
  return 3 * Duration(static_cast<Duration::rep>(ngtcp2_conn_get_pto2(native_)));
}

void Connection::on_result(int result) {
  switch (result) {
    case 0:
      return;
    case NGTCP2_ERR_DRAINING:
      return on_closed_by_peer();
    case NGTCP2_ERR_IDLE_CLOSE:
      return end(ports::CloseReason::idle_timeout, 0, "nothing was heard for too long");
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
      shared_.counters.handshakes_timed_out += 1;
      return end(ports::CloseReason::handshake_timeout, 0, "nobody answered in time");
    case NGTCP2_ERR_RECV_VERSION_NEGOTIATION:
      shared_.counters.handshakes_failed += 1;
      return end(ports::CloseReason::handshake_failed, 0, "the peer does not speak QUIC version 1");
    case NGTCP2_ERR_DROP_CONN:
    case NGTCP2_ERR_RETRY:
    case NGTCP2_ERR_CLOSING:
      return end(ports::CloseReason::handshake_failed, 0, "not the start of a connection");
    case NGTCP2_ERR_CRYPTO:
      return fail_tls();
    default:
      return fail(result);
  }
}

void Connection::fail(int error) {
  if (!is_connected_) shared_.counters.handshakes_failed += 1;
  error_ = error;
  tells_peer_ = true;
  end(ports::CloseReason::transport_error, ngtcp2_err_infer_quic_transport_error_code(error),
      ngtcp2_strerror(error));
}

void Connection::fail_tls() {
  // The connection's own words are better than OpenSSL's, which must not meet the next handshake.
  ERR_clear_error();
  alert_ = ngtcp2_conn_get_tls_alert2(native_);
  error_ = NGTCP2_ERR_CRYPTO;
  tells_peer_ = true;
  const std::uint64_t code = NGTCP2_CRYPTO_ERROR | alert_;
  if (tls_ != nullptr && tls_->is_wrong_peer()) {
    shared_.counters.handshakes_wrong_peer += 1;
    return end(ports::CloseReason::wrong_peer, code, std::string(tls_->refusal()));
  }
  if (!is_connected_) shared_.counters.handshakes_failed += 1;
  const bool is_refused = tls_ != nullptr && !tls_->refusal().empty();
  end(ports::CloseReason::handshake_failed, code,
      is_refused ? std::string(tls_->refusal()) : alert_text(alert_));
}

void Connection::on_closed_by_peer() {
  if (!is_connected_) shared_.counters.handshakes_failed += 1;
  if (is_reset_) {
    shared_.counters.stateless_resets_received += 1;
    return end(ports::CloseReason::remote, 0, "the peer lost the connection");
  }
  const ngtcp2_ccerr* error = ngtcp2_conn_get_ccerr2(native_);
  std::string text = printable(error->reason, error->reasonlen);
  if (error->type == NGTCP2_CCERR_TYPE_APPLICATION)
    return end(ports::CloseReason::remote, error->error_code, std::move(text));
  if (is_tls_alert(error->error_code)) {
    // A client's handshake is done before the server has judged its certificate.
    const auto alert = static_cast<std::uint8_t>(error->error_code & 0xff);
    return end(ports::CloseReason::handshake_failed, error->error_code,
               "refused by the peer, " + alert_text(alert));
  }
  if (error->error_code == NGTCP2_CONNECTION_REFUSED) {
    return end(is_connected_ ? ports::CloseReason::remote : ports::CloseReason::handshake_failed,
               error->error_code, "refused by the peer");
  }
  end(ports::CloseReason::remote, error->error_code, std::move(text));
}

void Connection::end(ports::CloseReason reason, std::uint64_t code, std::string text) {
  if (is_over_) return;
  is_over_ = true;
  if (is_announced()) shared_.events.push(ClosedEvent{id_, {reason, code, std::move(text)}});
}

std::optional<Duration> Connection::round_trip() const {
  if (!is_connected_) return std::nullopt;
  const ngtcp2_conn_info info = native_info();
  if (info.smoothed_rtt == 0) return std::nullopt;
  return Duration(static_cast<Duration::rep>(info.smoothed_rtt));
}

std::uint64_t Connection::packets_lost() const {
  return native_info().pkt_lost;
}

ConnectionFacts Connection::facts() const {
  const ngtcp2_conn_info info = native_info();
  ConnectionFacts facts;
  facts.peer = peer_;
  facts.direction = direction_;
  facts.local = to_multiaddr(path_.local);
  facts.remote = to_multiaddr(path_.remote);
  facts.group = group_;
  facts.cipher = cipher_;
  facts.round_trip = Duration(static_cast<Duration::rep>(info.smoothed_rtt));
  facts.idle_timeout = agreed_idle_timeout();
  facts.congestion_window_bytes = info.cwnd;
  facts.bytes_sent = info.bytes_sent;
  facts.bytes_received = info.bytes_recv;
  facts.packets_lost = info.pkt_lost;
  facts.packet_size_bytes = ngtcp2_conn_get_path_max_tx_udp_payload_size2(native_);
  facts.streams = streams_.size();
  facts.key_updates = key_updates_;
  return facts;
}

}  // namespace mycel::quic
