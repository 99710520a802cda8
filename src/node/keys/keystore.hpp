#pragma once
// The node's own keys on disk: `peer.pem`, by which the mesh knows the node, and `agents/NAME.pem`
// for the agents that live here. Each is a PKCS#8 file that `openssl pkey` reads, made on first
// use, mode 0600, and never overwritten unless its key was read and is written back encrypted.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/result.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/ml_dsa.hpp"
#include "foundation/crypto/secret_bytes.hpp"

#include "node/keys/key_error.hpp"
#include "node/keys/secret.hpp"
#include "runtime/ports/entropy.hpp"

namespace mycel::keys {

/// Shared with signatures that are under way on the workers; wiped with the last of them.
using SharedKey = std::shared_ptr<const crypto::Ed25519PrivateKey>;

using SharedAttestationKey = std::shared_ptr<const crypto::MlDsaPrivateKey>;

inline constexpr std::uint32_t peer_key_number = 0;  ///< see ports::SigningKey
inline constexpr std::uint32_t attestation_key_number = 0;
/// One folder of small files, read when the node starts.
inline constexpr std::size_t agents_max = 4096;
inline constexpr std::size_t agent_name_size_max = 64;

/// 1 to 64 of [A-Za-z0-9._-], the first not a dot.
bool is_agent_name(std::string_view name);

struct AgentKey {
  std::uint32_t number;  ///< for ports::SigningKey; the same until the process ends
  SharedKey key;
};

struct NamedKey {
  std::string name;  ///< of the agent; empty for the peer key
  SharedKey key;
};

/// Whether a new peer key will do; keys are made until one does.
using PeerKeyFits = std::function<bool(const crypto::Ed25519PublicKey&)>;

/// Used on the node's thread only.
class Keystore {
 public:
  /// Opens the keystore in `directory`, or makes a new one there. With a passphrase, files that are
  /// still plain are encrypted; whoever wants them off the disk for good also has to erase its free
  /// blocks. Every file is left as it was when one cannot be read. `entropy` outlives the keystore.
  /// `fits` is asked of a peer key that is made, not of one that is there.
  static Result<Keystore, KeyError> open(const std::filesystem::path& directory, Secret secret,
                                         ports::Entropy& entropy, const PeerKeyFits& fits = {});

  const std::filesystem::path& directory() const { return directory_; }
  /// False: whoever reads the files has the keys. Say so to the person who runs the node.
  bool is_encrypted() const { return passphrase_.has_value(); }

  const crypto::Ed25519PrivateKey& peer_key() const { return *keys_.front(); }
  /// The key under which this node attests. It is derived from the seed of the peer key, so it
  /// rests, and is backed up, where that one does. Whoever finds the peer key's scalar by a quantum
  /// computer still does not know the seed, which is hashed before it is one.
  const SharedAttestationKey& attestation_key() const { return attestation_key_; }
  /// The agent's key, made and saved if there is none. With a passphrase the first call for a name
  /// takes a fifth of a second.
  Result<AgentKey, KeyError> agent_key(std::string_view name);
  /// Keeps this key for that agent; refused when it has another.
  Result<void, KeyError> add_agent(std::string_view name, const crypto::Ed25519PrivateKey& key);
  /// Names of the agents that have a key, in order.
  std::vector<std::string> agents() const;

  /// The key of that number, or none: 0 is the peer key, agent_key() gives out the others.
  SharedKey key(std::uint32_t number) const;
  /// Everything that a backup holds: the peer key, then the agents' in the order of their names.
  Result<std::vector<NamedKey>, KeyError> all_keys() const;

  ports::Entropy& entropy() const { return *entropy_; }

 private:
  Keystore(std::filesystem::path directory, std::optional<crypto::SecretBytes> passphrase,
           ports::Entropy& entropy)
      : directory_(std::move(directory)), passphrase_(std::move(passphrase)), entropy_(&entropy) {}

  std::filesystem::path agent_file(const std::string& name) const;
  std::optional<ByteView> passphrase() const;
  Result<void, KeyError> open_peer_key(const PeerKeyFits& fits);
  Result<void, KeyError> find_agents();
  Result<void, KeyError> encrypt_plain_agents() const;
  Result<SharedKey, KeyError> load_or_make(const std::filesystem::path& file,
                                           const PeerKeyFits& fits = {}) const;
  Result<SharedKey, KeyError> load_agent(const std::string& name) const;

  std::filesystem::path directory_;
  std::optional<crypto::SecretBytes> passphrase_;
  ports::Entropy* entropy_;
  SharedAttestationKey attestation_key_;
  std::vector<SharedKey> keys_;                                 ///< by number
  std::map<std::string, std::optional<std::uint32_t>> agents_;  ///< the number once it was used
};

}  // namespace mycel::keys
