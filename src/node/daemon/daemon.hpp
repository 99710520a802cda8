#pragma once
// A node of the real world: keys, store, sockets and QUIC, the wiring over them, and the doors for
// people: the control socket and the metrics page.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/config/config.hpp"
#include "node/keys/keystore.hpp"
#include "node/keys/worker_signatures.hpp"
#include "node/wiring.hpp"
#include "runtime/os/entropy.hpp"
#include "runtime/os/files.hpp"
#include "runtime/os/loop.hpp"
#include "runtime/os/names.hpp"
#include "runtime/os/udp.hpp"
#include "runtime/os/workers.hpp"
#include "runtime/quic/transport.hpp"
#include "runtime/store/rocks_store.hpp"

namespace mycel::daemon {

/// Why there is no node, in words that name the input and the way out.
struct StartError {
  std::string text;
};

/// Signs with the keystore's agent keys on the workers.
class StoredAgentKeys final : public parts::AgentKeys {
 public:
  StoredAgentKeys(keys::Keystore& keystore, ports::Signatures& signatures, ports::Timers& timers)
      : keystore_(keystore), signatures_(signatures), timers_(timers) {}
  Result<std::string, std::string> did_of(const std::string& key) override;
  void sign(const std::string& key, const Bytes& bytes, Signed then) override;

 private:
  keys::Keystore& keystore_;
  ports::Signatures& signatures_;
  ports::Timers& timers_;
};

/// Where the passphrase of the keystore comes from, as configured.
keys::Secret secret_of(const config::Config& config, const config::Paths& paths,
                       const config::Environment& environment);
/// What a network with network.id_difficulty asks of a new peer key.
keys::PeerKeyFits costly_key(std::size_t difficulty);
/// The folder of the keys in a data folder.
std::string keys_folder(const std::string& data_dir);

class Daemon {
 public:
  /// Opens everything and enters the mesh; what was opened is closed again when a part fails.
  static Result<std::unique_ptr<Daemon>, StartError> start(os::Loop& loop,
                                                           const config::Config& config,
                                                           LogSink* log);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Says goodbye to the peers and calls `then` when that is sent. The daemon is destroyed after.
  void stop(std::function<void()> then);
  /// Called when a client of the control socket asks the node to stop.
  std::function<void()> on_stop_wanted;

  Wiring& wiring() { return *wiring_; }
  const Wiring& wiring() const { return *wiring_; }
  const quic::Transport& transport() const { return *transport_; }
  const keys::Keystore& keystore() const { return *keystore_; }
  const config::Config& config() const { return config_; }
  const config::Paths& paths() const { return paths_; }
  os::Loop& loop() { return loop_; }
  /// With /p2p/PEER at the end, for others to use.
  Addresses addresses_with_peer() const;
  /// UDP sockets whose buffers the system cut below what was asked for.
  bool has_small_buffers() const;
  Duration uptime() const { return loop_.now().instant - started_; }
  void each_counter(const CounterVisitor& visit) const;

 private:
  Daemon(os::Loop& loop, config::Config config, config::Paths paths, LogSink* log);
  Result<void, StartError> open();
  Result<void, StartError> open_keys();
  bool is_listen_named() const;
  Result<void, StartError> open_sockets();
  Result<void, StartError> bind(const Multiaddr& address);
  Result<void, StartError> read_membership(session::HelloConfig& hello, const PeerId& self) const;
  Result<void, StartError> enter_mesh();
  dht::witness::Config witness_config(const PeerId& self);

  os::Loop& loop_;
  config::Config config_;
  config::Paths paths_;
  Log log_;
  Instant started_;
  std::optional<os::DirectoryLock> lock_;
  os::SystemEntropy entropy_;
  std::optional<keys::Keystore> keystore_;
  std::unique_ptr<store::RocksStore> store_;
  std::unique_ptr<os::WorkerPool> workers_;
  std::unique_ptr<keys::WorkerSignatures> signatures_;
  std::unique_ptr<StoredAgentKeys> agent_keys_;
  std::unique_ptr<os::SystemNames> names_;
  std::vector<std::unique_ptr<os::UdpSocket>> sockets_;
  std::unique_ptr<quic::Transport> transport_;
  std::unique_ptr<Wiring> wiring_;
};

}  // namespace mycel::daemon
