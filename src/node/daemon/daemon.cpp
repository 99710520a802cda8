#include "node/daemon/daemon.hpp"

#include <algorithm>
#include <utility>

#include "foundation/wire/did_key.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/multibase.hpp"
#include "foundation/wire/peer_id_text.hpp"
#include "foundation/wire/peer_record.hpp"

#include "protocol/dht/admission.hpp"

#include "node/daemon/settings.hpp"
#include "runtime/os/endpoint.hpp"
#include "runtime/os/interfaces.hpp"

namespace mycel::daemon {
namespace {

constexpr Duration table_refresh_time = 2min;  // from when it is due until the last bucket is done

constexpr Duration farewell_time = 200ms;  // for the last packets to leave
constexpr Duration key_bundle_reach = 1h;
constexpr Duration key_bundle_lifetime = 365 * 24h;  // a node is started more often

ports::Endpoint endpoint_of(const wire::QuicAddress& address) {
  return {.family = address.is_ipv6 ? ports::Endpoint::Family::ipv6 : ports::Endpoint::Family::ipv4,
          .address = address.ip,
          .port = address.port,
          .scope = address.scope};
}

Multiaddr address_of(const ports::Endpoint& endpoint) {
  return wire::quic_multiaddr({.is_ipv6 = endpoint.family == ports::Endpoint::Family::ipv6,
                               .ip = endpoint.address,
                               .port = endpoint.port,
                               .scope = endpoint.scope});
}

}  // namespace

Result<std::string, std::string> StoredAgentKeys::did_of(const std::string& key) {
  const auto agent = keystore_.agent_key(key);
  if (!agent) return Err{agent.error().text};
  return wire::to_did(agent->key->public_key());
}

void StoredAgentKeys::sign(const std::string& key, const Bytes& bytes, Signed then) {
  const auto agent = keystore_.agent_key(key);
  if (!agent) {
    timers_.call_at(timers_.now().instant,
                    [then = std::move(then), text = agent.error().text] { then(Err{text}); });
    return;
  }
  signatures_.sign(
      {.scheme = ports::SignatureScheme::ed25519, .number = agent->number}, {bytes},
      [then = std::move(then)](std::vector<Bytes> signatures) { then(signatures.front()); });
}

keys::Secret secret_of(const config::Config& config, const config::Paths& paths,
                       const config::Environment& environment) {
  if (!paths.passphrase_file.empty()) return keys::PassphraseFile{paths.passphrase_file};
  if (config.keys.credential.empty() || environment.credentials_directory.empty())
    return keys::NoSecret{};
  // systemd passes credentials for many purposes; ours counts only when it is there.
  const std::filesystem::path file =
      std::filesystem::path(environment.credentials_directory) / config.keys.credential;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return keys::NoSecret{};
  return keys::SystemdCredential{config.keys.credential};
}

std::string keys_folder(const std::string& data_dir) {
  return data_dir + "/keys";
}

keys::PeerKeyFits costly_key(std::size_t difficulty) {
  if (difficulty == 0) return {};
  return [difficulty](const crypto::Ed25519PublicKey& key) {
    return dht::id_cost(wire::peer_id_of(key)) >= difficulty;
  };
}

Daemon::Daemon(os::Loop& loop, config::Config config, config::Paths paths, LogSink* log)
    : loop_(loop),
      config_(std::move(config)),
      paths_(std::move(paths)),
      log_(log, "node"),
      started_(loop.now().instant) {}

// The wiring speaks to the transport and the store until its end, so it goes first.
Daemon::~Daemon() {
  wiring_.reset();
  transport_.reset();
  sockets_.clear();
}

Result<std::unique_ptr<Daemon>, StartError> Daemon::start(os::Loop& loop,
                                                          const config::Config& config,
                                                          LogSink* log) {
  auto paths = config::resolve_paths(config, config::environment());
  if (!paths) return Err{StartError{to_text(paths.error())}};
  std::unique_ptr<Daemon> daemon(new Daemon(loop, config, std::move(*paths), log));
  const auto opened = daemon->open();
  if (!opened) return Err{opened.error()};
  return daemon;
}

Result<void, StartError> Daemon::open() {
  const auto made = os::make_private_directory(paths_.data_dir);
  if (!made) return Err{StartError{made.error().text}};
  auto lock = os::DirectoryLock::take(paths_.data_dir);
  if (!lock) return Err{StartError{lock.error().text}};
  lock_ = std::move(*lock);
  if (const auto keys = open_keys(); !keys) return keys;
  auto store = store::RocksStore::open(paths_.data_dir + "/store", loop_);
  if (!store) return Err{StartError{store.error().text}};
  store_ = std::move(*store);
  workers_ = std::make_unique<os::WorkerPool>(loop_);
  signatures_ = std::make_unique<keys::WorkerSignatures>(*workers_, *keystore_);
  agent_keys_ = std::make_unique<StoredAgentKeys>(*keystore_, *signatures_, loop_);
  names_ = std::make_unique<os::SystemNames>(loop_);
  if (const auto sockets = open_sockets(); !sockets) return sockets;
  return enter_mesh();
}

Result<void, StartError> Daemon::open_keys() {
  auto keystore = keys::Keystore::open(keys_folder(paths_.data_dir),
                                       secret_of(config_, paths_, config::environment()), entropy_,
                                       costly_key(config_.network.id_difficulty));
  if (!keystore) return Err{StartError{keystore.error().text}};
  keystore_ = std::move(*keystore);
  const unsigned cost = dht::id_cost(wire::peer_id_of(keystore_->peer_key().public_key()));
  if (cost < config_.network.id_difficulty)
    return Err{StartError{
        "network.id_difficulty: the network asks for ids of " +
        std::to_string(config_.network.id_difficulty) + " bits, and this node's has " +
        std::to_string(cost) + "; make another with `mycel identity new --difficulty " +
        std::to_string(config_.network.id_difficulty) + " --data FOLDER` in an empty folder"}};
  if (!keystore_->is_encrypted())
    log_.warn("keys are not encrypted: whoever reads their files has them",
              {{"folder", keystore_->directory().string()},
               {"cure", "set keys.passphrase_file, or pass a systemd credential"}});
  return {};
}

// What a person named is meant; of the defaults, a machine may lack IPv6 or have the port taken.
bool Daemon::is_listen_named() const {
  return config_.node.listen != config::default_listen();
}

Result<void, StartError> Daemon::open_sockets() {
  transport_ =
      std::make_unique<quic::Transport>(quic_of(config_), keystore_->peer_key(), loop_, entropy_);
  std::optional<StartError> first_error;
  for (const Multiaddr& address : config_.node.listen) {
    const auto bound = bind(address);
    if (bound) continue;
    if (is_listen_named()) return bound;
    log_.warn("not listening", {{"address", wire::to_text(address)}, {"why", bound.error().text}});
    if (!first_error) first_error = bound.error();
  }
  if (sockets_.empty())
    return Err{first_error.value_or(StartError{"node.listen names no address to listen on"})};
  return {};
}

// The default port is nobody's wish, so when it is taken another one does: peers learn addresses,
// not port numbers. It is said, because a firewall rule or a --join elsewhere may name the port.
Result<void, StartError> Daemon::bind(const Multiaddr& address) {
  const auto quic = wire::quic_address(address);
  if (!quic)
    return Err{StartError{wire::to_text(address) +
                          " is no QUIC address; write /ip4/ADDRESS/udp/PORT/quic-v1"}};
  ports::Endpoint endpoint = endpoint_of(*quic);
  auto socket = os::UdpSocket::bind(loop_, endpoint);
  if (!socket && !is_listen_named() && config_.node.port_fallback) {
    const std::string why = socket.error().text;
    endpoint.port = 0;
    socket = os::UdpSocket::bind(loop_, endpoint);
    if (socket)
      log_.warn("the port is taken; another one was chosen",
                {{"wanted", wire::to_text(address)},
                 {"bound", wire::to_text(address_of((*socket)->local()))},
                 {"why", why}});
  }
  if (!socket) return Err{StartError{socket.error().text}};
  transport_->add_socket(**socket);
  sockets_.push_back(std::move(*socket));
  return {};
}

// A certificate that nobody will accept is found here, where it can still be told to a person.
Result<void, StartError> Daemon::read_membership(session::HelloConfig& hello,
                                                 const PeerId& self) const {
  if (!paths_.join_token_file.empty()) {
    const auto token = keys::resolve(keys::PassphraseFile{paths_.join_token_file});
    if (!token) return Err{StartError{"network.join_token_file: " + token.error().text}};
    hello.join_token = as_text((*token)->view());
  }
  const std::string& file = paths_.certificate_file;
  if (file.empty()) return {};
  const auto content = os::read_file(file, 2 * session::certificate_size_max_bytes);
  if (!content) return Err{StartError{"network.certificate_file: " + content.error().text}};
  std::string_view text = as_text(*content);
  text = text.substr(0, text.find_last_not_of(" \r\n") + 1);
  const auto sealed = wire::parse_multibase(text);
  const auto wrong = [&](const std::string& what) {
    return Err{StartError{"network.certificate_file: " + file + " " + what +
                          "; ask the network's authority for one made by `mycel network admit " +
                          wire::to_text(self) + "`"}};
  };
  if (!sealed) return wrong("is no membership certificate");
  const auto certificate = session::open_certificate(*sealed, *hello.authority);
  if (!certificate)
    return wrong("is not of the authority " + config_.network.authority + " (" +
                 std::string(wire::to_text(certificate.error())) + ")");
  if (certificate->peer != self) return wrong("admits " + wire::to_text(certificate->peer));
  if (certificate->network != hello.network)
    return wrong("is for the network " + certificate->network + ", not for " + hello.network);
  if (certificate->expires <= loop_.now().unix) return wrong("has expired");
  hello.certificate = *sealed;
  return {};
}

Result<void, StartError> Daemon::enter_mesh() {
  Addresses listening;
  for (const auto& socket : sockets_)
    for (const ports::Endpoint& endpoint : os::reachable_at(socket->local()))
      listening.push_back(address_of(endpoint));
  const bool is_private =
      std::ranges::all_of(listening, [](const auto& a) { return wire::is_private(a); });
  const PeerId self = wire::peer_id_of(keystore_->peer_key().public_key());
  NodeSetup setup = setup_of(config_, self, os::random_seed(entropy_), is_private);
  if (const auto membership = read_membership(*setup.hello, self); !membership) return membership;
  setup.seal_peer_record = [this, self](const Addresses& addresses, UnixTime now) {
    const auto sequence = static_cast<std::uint64_t>(now.time_since_epoch().count());
    return wire::seal_peer_record(keystore_->peer_key(), {self, sequence, addresses});
  };
  setup.witness = witness_config(self);
  // By the second time, whom liars led astray has refreshed its table through whoever asked it.
  setup.cross_check =
      dht::CrossCheckConfig{.again_after = setup.dht.config.refresh_interval + table_refresh_time};
  wiring_ = std::make_unique<Wiring>(
      NodePorts{loop_, *transport_, *store_, *names_, *agent_keys_, log_, signatures_.get()},
      setup);
  const auto started = wiring_->start(listening);
  if (!started) return Err{StartError{started.error().text}};
  return {};
}

// The bundle is made anew at each start; others keep it for an hour. It reaches back for peers
// whose clock is behind.
dht::witness::Config Daemon::witness_config(const PeerId& self) {
  const auto& peer_key = keystore_->peer_key();
  const UnixTime now = loop_.now().unix;
  dht::witness::Config witness{.self = self};
  entropy_.fill(witness.secret.bytes);
  witness.key = dht::witness::sign_key_bundle(
      {.peer = peer_key.public_key(),
       .from = now - key_bundle_reach,
       .until = now + key_bundle_lifetime,
       .attestation_key = Bytes::copy(keystore_->attestation_key()->public_key().view())},
      peer_key);
  return witness;
}

void Daemon::stop(std::function<void()> then) {
  log_.info("stopping");
  transport_->close_all(0, "");
  loop_.call_at(loop_.now().instant + farewell_time, std::move(then));
}

Addresses Daemon::addresses_with_peer() const {
  Addresses addresses;
  for (const Multiaddr& address : wiring_->addresses())
    addresses.push_back(wire::with_peer(address, wiring_->self()));
  return addresses;
}

bool Daemon::has_small_buffers() const {
  return std::ranges::any_of(sockets_, [](const auto& socket) {
    return socket->buffers().receive_bytes < os::UdpOptions{}.buffer_size_bytes;
  });
}

void Daemon::each_counter(const CounterVisitor& visit) const {
  wiring_->each_counter(visit);
  transport_->stats().each(visit);
  store_->counters().each(visit);
  for (const auto& socket : sockets_) socket->counters().each(visit);
}

}  // namespace mycel::daemon
