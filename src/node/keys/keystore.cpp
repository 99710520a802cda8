#include "node/keys/keystore.hpp"

#include <algorithm>
#include <system_error>

#include "foundation/crypto/hkdf.hpp"
#include "foundation/crypto/pkcs8.hpp"

#include "node/keys/key_file.hpp"
#include "node/keys/private_files.hpp"

namespace mycel::keys {
namespace {

constexpr std::string_view agents_folder = "agents";
constexpr std::string_view key_ending = ".pem";

SharedKey shared(const crypto::Ed25519PrivateKey& key) {
  return std::make_shared<const crypto::Ed25519PrivateKey>(key);
}

crypto::Ed25519PrivateKey new_key(ports::Entropy& entropy) {
  crypto::Ed25519PrivateKey::Seed seed;
  entropy.fill(seed);
  const crypto::Ed25519PrivateKey key(seed);
  crypto::wipe(seed);
  return key;
}

SharedAttestationKey attestation_key_of(const crypto::Ed25519PrivateKey& peer_key) {
  auto peer_seed = peer_key.seed();
  auto seed = crypto::hkdf_sha256<crypto::ml_dsa_seed_size_bytes>(
      peer_seed, {}, as_bytes("mycel attestation key ML-DSA-65 1"));
  auto key =
      std::make_shared<const crypto::MlDsaPrivateKey>(crypto::MlDsaStrength::ml_dsa_65, seed);
  crypto::wipe(peer_seed);
  crypto::wipe(seed);
  return key;
}

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

/// The agent whose key a file of this name would hold, if any.
std::optional<std::string> agent_of(std::string_view file_name) {
  if (!file_name.ends_with(key_ending)) return std::nullopt;
  file_name.remove_suffix(key_ending.size());
  return is_agent_name(file_name) ? std::optional<std::string>(file_name) : std::nullopt;
}

Result<void, KeyError> encrypt_if_plain(const std::filesystem::path& file, ByteView passphrase,
                                        ports::Entropy& entropy) {
  const auto pem = read_private_file(file, Privacy::owner_only);
  if (!pem) return Err{pem.error()};
  if (!*pem || crypto::is_encrypted_pem(**pem)) return {};
  const auto plain = load_key(file, std::nullopt);
  if (!plain) return Err{plain.error()};
  if (!*plain) return {};
  return save_key(file, (*plain)->key, passphrase, entropy, WhenPresent::replace);
}

}  // namespace

bool is_agent_name(std::string_view name) {
  return !name.empty() && name.size() <= agent_name_size_max && name.front() != '.' &&
         std::ranges::all_of(name, is_name_character);
}

Result<Keystore, KeyError> Keystore::open(const std::filesystem::path& directory, Secret secret,
                                          ports::Entropy& entropy, const PeerKeyFits& fits) {
  auto passphrase = resolve(std::move(secret));
  if (!passphrase) return Err{passphrase.error()};
  for (const auto& folder : {directory, directory / agents_folder})
    if (const auto made = make_private_folder(folder); !made) return Err{made.error()};
  const auto lock = FolderLock::take(directory);
  if (!lock) return Err{lock.error()};

  Keystore keystore(directory, std::move(*passphrase), entropy);
  if (const auto opened = keystore.open_peer_key(fits); !opened) return Err{opened.error()};
  if (const auto found = keystore.find_agents(); !found) return Err{found.error()};
  if (const auto done = keystore.encrypt_plain_agents(); !done) return Err{done.error()};
  return keystore;
}

// The peer key is encrypted before the agents': if the power fails between, opening without the
// passphrase says so at once.
Result<void, KeyError> Keystore::open_peer_key(const PeerKeyFits& fits) {
  const auto file = directory_ / "peer.pem";
  const auto key = load_or_make(file, fits);
  if (!key) return Err{key.error()};
  keys_.push_back(*key);
  attestation_key_ = attestation_key_of(**key);
  if (!passphrase_) return {};
  return encrypt_if_plain(file, *passphrase_, *entropy_);
}

Result<void, KeyError> Keystore::find_agents() {
  const auto folder = directory_ / agents_folder;
  std::error_code failure;
  std::filesystem::directory_iterator entry(folder, failure);
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    const auto name = agent_of(entry->path().filename().string());
    if (!name) continue;
    if (agents_.size() == agents_max) return Err{key_error(KeyProblem::too_many, folder)};
    agents_.emplace(*name, std::nullopt);
  }
  if (failure) return Err{key_error(KeyProblem::cannot_read, folder, failure.message())};
  return {};
}

Result<void, KeyError> Keystore::encrypt_plain_agents() const {
  if (!passphrase_) return {};
  for (const auto& [name, number] : agents_) {
    const auto done = encrypt_if_plain(agent_file(name), *passphrase_, *entropy_);
    if (!done) return done;
  }
  return {};
}

Result<AgentKey, KeyError> Keystore::agent_key(std::string_view name) {
  if (!is_agent_name(name)) return Err{key_error(KeyProblem::bad_name, name)};
  const std::string agent(name);
  if (const auto known = agents_.find(agent); known != agents_.end() && known->second)
    return AgentKey{*known->second, keys_[*known->second]};
  const auto lock = FolderLock::take(directory_);
  if (!lock) return Err{lock.error()};
  if (!agents_.contains(agent) && agents_.size() == agents_max)
    return Err{key_error(KeyProblem::too_many, directory_ / agents_folder)};
  const auto key = load_or_make(agent_file(agent));
  if (!key) return Err{key.error()};
  keys_.push_back(*key);
  const auto number = static_cast<std::uint32_t>(keys_.size() - 1);
  agents_[agent] = number;
  return AgentKey{number, *key};
}

Result<void, KeyError> Keystore::add_agent(std::string_view name,
                                           const crypto::Ed25519PrivateKey& key) {
  if (!is_agent_name(name)) return Err{key_error(KeyProblem::bad_name, name)};
  const std::string agent(name);
  const auto file = agent_file(agent);
  const auto lock = FolderLock::take(directory_);
  if (!lock) return Err{lock.error()};
  const auto present = load_key(file, passphrase());
  if (!present) return Err{present.error()};
  if (*present) {
    if ((*present)->key.public_key() == key.public_key()) return {};
    return Err{key_error(KeyProblem::other_identity, file)};
  }
  if (!agents_.contains(agent) && agents_.size() == agents_max)
    return Err{key_error(KeyProblem::too_many, directory_ / agents_folder)};
  if (const auto saved = save_key(file, key, passphrase(), *entropy_, WhenPresent::refuse); !saved)
    return saved;
  agents_.emplace(agent, std::nullopt);
  return {};
}

std::vector<std::string> Keystore::agents() const {
  std::vector<std::string> names;
  names.reserve(agents_.size());
  for (const auto& [name, number] : agents_) names.push_back(name);
  return names;
}

SharedKey Keystore::key(std::uint32_t number) const {
  return number < keys_.size() ? keys_[number] : nullptr;
}

Result<std::vector<NamedKey>, KeyError> Keystore::all_keys() const {
  std::vector<NamedKey> all = {{"", keys_.front()}};
  for (const auto& [name, number] : agents_) {
    auto key = number ? Result<SharedKey, KeyError>(keys_[*number]) : load_agent(name);
    if (!key) return Err{key.error()};
    all.push_back({name, *std::move(key)});
  }
  return all;
}

Result<SharedKey, KeyError> Keystore::load_or_make(const std::filesystem::path& file,
                                                   const PeerKeyFits& fits) const {
  const auto present = load_key(file, passphrase());
  if (!present) return Err{present.error()};
  if (*present) return shared((*present)->key);
  crypto::Ed25519PrivateKey key = new_key(*entropy_);
  while (fits && !fits(key.public_key())) key = new_key(*entropy_);
  if (const auto saved = save_key(file, key, passphrase(), *entropy_, WhenPresent::refuse); !saved)
    return Err{saved.error()};
  return shared(key);
}

Result<SharedKey, KeyError> Keystore::load_agent(const std::string& name) const {
  const auto present = load_key(agent_file(name), passphrase());
  if (!present) return Err{present.error()};
  if (!*present) return Err{key_error(KeyProblem::cannot_read, agent_file(name), "it is gone")};
  return shared((*present)->key);
}

std::filesystem::path Keystore::agent_file(const std::string& name) const {
  return directory_ / agents_folder / (name + std::string(key_ending));
}

std::optional<ByteView> Keystore::passphrase() const {
  return passphrase_ ? std::optional<ByteView>(passphrase_->view()) : std::nullopt;
}

}  // namespace mycel::keys
