#include "node/keys/backup.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "foundation/crypto/aead.hpp"
#include "foundation/crypto/hash.hpp"
#include "foundation/crypto/passphrase_key.hpp"
#include "foundation/crypto/secret_bytes.hpp"

#include "node/keys/key_file.hpp"
#include "node/keys/private_files.hpp"

namespace mycel::keys {
namespace {

using std::filesystem::path;

constexpr std::string_view magic = "MYCELKEY";
constexpr std::byte version{1};
constexpr std::size_t salt_at = magic.size() + 1;
constexpr std::size_t nonce_at = salt_at + sizeof(crypto::PassphraseSalt);
constexpr std::size_t size_at = nonce_at + crypto::aead_nonce_size_bytes;
constexpr std::size_t header_size_bytes = size_at + 4;
constexpr std::size_t checksum_size_bytes = sizeof(crypto::Digest);
constexpr std::size_t entry_size_max_bytes =
    1 + agent_name_size_max + crypto::ed25519_key_size_bytes;
static_assert(header_size_bytes + 2 + (agents_max + 1) * entry_size_max_bytes +
                      crypto::aead_tag_size_bytes + checksum_size_bytes <=
                  private_file_size_max_bytes,
              "a backup of all keys can be read again");

/// Wipes a key when it is left.
struct DerivedKey {
  crypto::AeadKey bytes;
  ~DerivedKey() { crypto::wipe(bytes); }
};

// ---- writing

/// Fills secret memory of a size that is known before.
class Writer {
 public:
  explicit Writer(std::span<std::byte> room) : room_(room) {}
  void put(ByteView bytes) {
    std::ranges::copy(bytes, room_.begin());
    room_ = room_.subspan(bytes.size());
  }
  void put_byte(std::size_t value) { put(std::array{static_cast<std::byte>(value)}); }

 private:
  std::span<std::byte> room_;
};

crypto::SecretBytes encode(const std::vector<NamedKey>& keys) {
  std::size_t size = 2;
  for (const NamedKey& one : keys) size += 1 + one.name.size() + crypto::ed25519_key_size_bytes;
  crypto::SecretBytes plain(size);
  Writer writer(plain.writable());
  writer.put_byte(keys.size() >> 8);
  writer.put_byte(keys.size());
  for (const NamedKey& one : keys) {
    writer.put_byte(one.name.size());
    writer.put(as_bytes(one.name));
    auto seed = one.key->seed();
    writer.put(seed);
    crypto::wipe(seed);
  }
  return plain;
}

std::vector<std::byte> encrypted(ByteView plain, ByteView passphrase, ports::Entropy& entropy) {
  crypto::PassphraseSalt salt;
  crypto::AeadNonce nonce;
  entropy.fill(salt);
  entropy.fill(nonce);
  const std::size_t sealed_size = plain.size() + crypto::aead_tag_size_bytes;
  std::vector<std::byte> content;
  append(content, as_bytes(magic));
  content.push_back(version);
  append(content, salt);
  append(content, nonce);
  for (const int shift : {24, 16, 8, 0})
    content.push_back(static_cast<std::byte>(sealed_size >> shift));
  const DerivedKey key{crypto::passphrase_key(passphrase, salt, crypto::backup_cost)};
  const auto sealed = crypto::seal(key.bytes, nonce, content, plain);
  append(content, sealed);
  append(content, crypto::sha256(content).view());
  return content;
}

// ---- reading

std::size_t size_in(ByteView header) {
  std::size_t size = 0;
  for (const std::byte byte : header.subspan(size_at, 4))
    size = size << 8 | std::to_integer<std::size_t>(byte);
  return size;
}

/// What is wrong with the file as far as can be seen without the passphrase.
std::optional<KeyError> visible_problem(ByteView content, const path& file) {
  const ByteView begin = content.first(std::min(content.size(), magic.size()));
  if (!equal(begin, as_bytes(magic).first(begin.size())))
    return key_error(KeyProblem::malformed, file, "it is no backup of mycel keys");
  if (content.size() < header_size_bytes) return key_error(KeyProblem::truncated, file);
  if (content[magic.size()] != version)
    return key_error(KeyProblem::unsupported_key, file, "a newer mycel made this backup");
  const std::size_t size = header_size_bytes + size_in(content) + checksum_size_bytes;
  if (content.size() < size) return key_error(KeyProblem::truncated, file);
  const ByteView before = content.first(content.size() - checksum_size_bytes);
  if (content.size() > size ||
      !equal(crypto::sha256(before).view(), content.subspan(before.size())))
    return key_error(KeyProblem::malformed, file, "its checksum does not match");
  return std::nullopt;
}

Result<crypto::SecretBytes, KeyError> decrypted(ByteView content, ByteView passphrase,
                                                const path& file) {
  if (auto problem = visible_problem(content, file)) return Err{*std::move(problem)};
  crypto::PassphraseSalt salt;
  crypto::AeadNonce nonce;
  std::ranges::copy(content.subspan(salt_at, salt.size()), salt.begin());
  std::ranges::copy(content.subspan(nonce_at, nonce.size()), nonce.begin());
  const ByteView sealed = content.subspan(header_size_bytes, size_in(content));
  if (sealed.size() < crypto::aead_tag_size_bytes)
    return Err{key_error(KeyProblem::malformed, file)};
  crypto::SecretBytes plain(sealed.size() - crypto::aead_tag_size_bytes);
  const DerivedKey key{crypto::passphrase_key(passphrase, salt, crypto::backup_cost)};
  if (!crypto::open_into(key.bytes, nonce, content.first(header_size_bytes), sealed,
                         plain.writable()))
    return Err{key_error(KeyProblem::wrong_passphrase, file)};
  return plain;
}

/// Takes bytes off the front; none when there are too few.
std::optional<ByteView> take(ByteView& rest, std::size_t size) {
  if (rest.size() < size) return std::nullopt;
  const ByteView taken = rest.first(size);
  rest = rest.subspan(size);
  return taken;
}

std::optional<NamedKey> take_key(ByteView& rest) {
  const auto name_size = take(rest, 1);
  if (!name_size) return std::nullopt;
  const auto name = take(rest, std::to_integer<std::size_t>(name_size->front()));
  const auto bytes = take(rest, crypto::ed25519_key_size_bytes);
  if (!name || !bytes) return std::nullopt;
  crypto::Ed25519PrivateKey::Seed seed;
  std::ranges::copy(*bytes, seed.begin());
  auto key = std::make_shared<const crypto::Ed25519PrivateKey>(seed);
  crypto::wipe(seed);
  return NamedKey{std::string(as_text(*name)), std::move(key)};
}

/// The peer key first, then agents of different names; none when it is anything else.
std::optional<std::vector<NamedKey>> decode(ByteView plain) {
  const auto head = take(plain, 2);
  if (!head) return std::nullopt;
  const std::size_t count =
      std::to_integer<std::size_t>((*head)[0]) << 8 | std::to_integer<std::size_t>((*head)[1]);
  if (count == 0 || count > agents_max + 1) return std::nullopt;
  std::vector<NamedKey> keys;
  for (std::size_t i = 0; i < count; ++i) {
    auto key = take_key(plain);
    const bool is_in_place =
        key &&
        (i == 0 ? key->name.empty() : is_agent_name(key->name) && keys.back().name < key->name);
    if (!is_in_place) return std::nullopt;
    keys.push_back(*std::move(key));
  }
  return plain.empty() ? std::optional(std::move(keys)) : std::nullopt;
}

Result<std::vector<NamedKey>, KeyError> read_backup(const path& file, ByteView passphrase) {
  const auto content = read_private_file(file, Privacy::any);
  if (!content) return Err{content.error()};
  if (!*content) return Err{key_error(KeyProblem::cannot_read, file, "the backup does not exist")};
  const auto plain = decrypted(**content, passphrase, file);
  if (!plain) return Err{plain.error()};
  auto keys = decode(*plain);
  if (!keys) return Err{key_error(KeyProblem::malformed, file, "its content makes no sense")};
  return *std::move(keys);
}

// ---- installing

Secret secret_of(const std::optional<crypto::SecretBytes>& passphrase) {
  if (!passphrase) return NoSecret{};
  return TypedPassphrase{crypto::SecretBytes::copy(passphrase->view())};
}

std::optional<ByteView> view_of(const std::optional<crypto::SecretBytes>& passphrase) {
  return passphrase ? std::optional<ByteView>(passphrase->view()) : std::nullopt;
}

/// Whether nothing would be lost if the directory were another one.
bool is_unused(const path& directory) {
  std::error_code failure;
  std::filesystem::directory_iterator entry(directory, failure);
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    const path name = entry->path().filename();
    if (name == ".lock") continue;
    std::error_code no_folder;
    if (name != "agents" || !std::filesystem::is_empty(entry->path(), no_folder) || no_folder)
      return false;
  }
  return !failure || failure == std::errc::no_such_file_or_directory;
}

Result<void, KeyError> add_agents(Keystore& keystore, const std::vector<NamedKey>& keys) {
  for (const NamedKey& one : keys) {
    if (one.name.empty()) continue;
    if (const auto added = keystore.add_agent(one.name, *one.key); !added) return added;
  }
  return {};
}

Result<void, KeyError> make_keystore(const path& directory, const std::vector<NamedKey>& keys,
                                     const std::optional<crypto::SecretBytes>& passphrase,
                                     ports::Entropy& entropy) {
  if (const auto made = make_private_folder(directory); !made) return made;
  auto saved = save_key(directory / "peer.pem", *keys.front().key, view_of(passphrase), entropy,
                        WhenPresent::refuse);
  if (!saved) return saved;
  auto keystore = Keystore::open(directory, secret_of(passphrase), entropy);
  if (!keystore) return Err{keystore.error()};
  return add_agents(*keystore, keys);
}

/// Everything is made beside the directory and moved there in one step.
Result<void, KeyError> install_new(const path& directory, const std::vector<NamedKey>& keys,
                                   const std::optional<crypto::SecretBytes>& passphrase,
                                   ports::Entropy& entropy) {
  const path above = directory.has_parent_path() ? directory.parent_path() : path(".");
  const path beside = above / ("." + directory.filename().string() + ".restore");
  std::error_code failure;
  std::error_code ignored;
  std::filesystem::remove_all(beside, ignored);  // of an attempt that was killed
  auto made = make_keystore(beside, keys, passphrase, entropy);
  if (made) {
    for (const auto* const leftover : {".lock", "agents"})
      std::filesystem::remove(directory / leftover, ignored);  // empty, or it was not unused
    std::filesystem::rename(beside, directory, failure);
    if (failure) made = Err{key_error(KeyProblem::cannot_write, directory, failure.message())};
  }
  if (made) return sync_folder(above);
  std::filesystem::remove_all(beside, ignored);
  return made;
}

/// Nothing is written before it is clear that nothing is in the way.
Result<void, KeyError> install_missing(const path& directory, const std::vector<NamedKey>& keys,
                                       const std::optional<crypto::SecretBytes>& passphrase,
                                       ports::Entropy& entropy) {
  for (const NamedKey& one : keys) {
    const path file =
        one.name.empty() ? directory / "peer.pem" : directory / "agents" / (one.name + ".pem");
    const auto present = load_key(file, view_of(passphrase));
    if (!present) return Err{present.error()};
    const bool must_be_there = one.name.empty();
    if (*present ? (*present)->key.public_key() != one.key->public_key() : must_be_there)
      return Err{key_error(KeyProblem::other_identity, *present ? file : directory)};
  }
  auto keystore = Keystore::open(directory, secret_of(passphrase), entropy);
  if (!keystore) return Err{keystore.error()};
  return add_agents(*keystore, keys);
}

}  // namespace

Result<void, KeyError> backup(const Keystore& keystore, const path& file, ByteView passphrase) {
  if (passphrase.empty())
    return Err{KeyError{KeyProblem::passphrase_missing,
                        "A backup holds every key of the node and needs a passphrase. Give one "
                        "that is not empty."}};
  const auto keys = keystore.all_keys();
  if (!keys) return Err{keys.error()};
  const auto content = encrypted(encode(*keys), passphrase, keystore.entropy());
  return write_private_file(file, content, WhenPresent::refuse);
}

Result<Restored, KeyError> restore(const path& file, ByteView passphrase, const path& into,
                                   Secret secret, ports::Entropy& entropy) {
  const path directory = without_last_slash(into);
  const auto own_passphrase = resolve(std::move(secret));
  if (!own_passphrase) return Err{own_passphrase.error()};
  const auto keys = read_backup(file, passphrase);
  if (!keys) return Err{keys.error()};
  const auto installed = is_unused(directory)
                             ? install_new(directory, *keys, *own_passphrase, entropy)
                             : install_missing(directory, *keys, *own_passphrase, entropy);
  if (!installed) return Err{installed.error()};
  return Restored{keys->front().key->public_key(), keys->size() - 1};
}

}  // namespace mycel::keys
