#include "apps/mycel/offline.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include <boost/json.hpp>
#include <boost/version.hpp>

#include "foundation/wire/did_key.hpp"
#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/multibase.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "protocol/agents/signed_card.hpp"
#include "protocol/dht/admission.hpp"
#include "protocol/session/hello_certificate.hpp"

#include "node/daemon/daemon.hpp"
#include "node/daemon/settings.hpp"
#include "node/keys/backup.hpp"
#include "runtime/os/entropy.hpp"
#include "runtime/os/files.hpp"
#include "runtime/os/loop.hpp"

#include "apps/mycel/settings.hpp"

namespace mycel::app {
namespace {

namespace json = boost::json;

constexpr std::size_t file_size_max_bytes = std::size_t{1} << 20;

void print(const Arguments& arguments, const json::object& facts) {
  if (arguments.is_json) {
    std::printf("%s\n", json::serialize(facts).c_str());
    return;
  }
  for (const auto& fact : facts) {
    const json::value& value = fact.value();
    std::printf("%-10s  %s\n", std::string(fact.key()).c_str(),
                value.is_string() ? value.get_string().c_str() : json::serialize(value).c_str());
  }
}

int fail(const Arguments& arguments, std::string_view reason, const std::string& text) {
  if (arguments.is_json) {
    std::printf("%s\n", json::serialize(json::object{{"error", text}, {"reason", reason}}).c_str());
  } else {
    std::fprintf(stderr, "mycel %s: %s\n", arguments.command.c_str(), text.c_str());
  }
  return refused;
}

/// The keystore that the flags mean. A running node has its folder locked.
struct Opened {
  config::Config config;
  config::Paths paths;
  std::optional<os::DirectoryLock> lock;
};
enum class Keys : std::uint8_t { must_exist, may_be_missing };
Result<Opened, std::string> open_folder(const Arguments& arguments, Keys wanted) {
  auto config = configuration(arguments);
  if (!config) return Err{std::string("the configuration is wrong")};
  auto paths = paths_of(*config);
  if (!paths) return Err{std::string("there is no data folder")};
  std::error_code ignored;
  const std::string keys = daemon::keys_folder(paths->data_dir);
  if (wanted == Keys::must_exist && !std::filesystem::exists(keys, ignored))
    return Err{paths->data_dir +
               " holds no identity; name the right folder with --data, or let `mycel up` make one"};
  const auto made = os::make_private_directory(paths->data_dir);
  if (!made) return Err{made.error().text};
  auto lock = os::DirectoryLock::take(paths->data_dir);
  if (!lock) return Err{lock.error().text};
  return Opened{std::move(*config), std::move(*paths), std::move(*lock)};
}

/// The keys of a node that does not run. `entropy` must outlive them.
Result<keys::Keystore, keys::KeyError> open_keystore(const Opened& folder,
                                                     os::SystemEntropy& entropy) {
  return keys::Keystore::open(daemon::keys_folder(folder.paths.data_dir),
                              daemon::secret_of(folder.config, folder.paths, config::environment()),
                              entropy);
}

Result<crypto::SecretBytes, std::string> passphrase_in(const std::string& file) {
  auto secret = keys::resolve(keys::PassphraseFile{file});
  if (!secret) return Err{secret.error().text};
  if (!*secret) return Err{file + " holds no passphrase"};
  return std::move(**secret);
}

}  // namespace

int verify_card_file(const Arguments& arguments) {
  const auto file = os::read_file(arguments.file, file_size_max_bytes);
  if (!file) return fail(arguments, "cannot_read", file.error().text);
  const os::Loop clock;
  std::string did = arguments.first;
  if (did.empty()) {  // whoever signed it; the check below still compares it with what is said
                      // inside
    const auto envelope = wire::decode_envelope(*file);
    const auto key = envelope ? crypto::Ed25519PublicKey::from(envelope->key.data) : std::nullopt;
    if (!key) return fail(arguments, "malformed", arguments.file + " is not a signed card");
    did = wire::to_did(*key);
  }
  const auto card = agents::verify_card(*file, clock.now().unix, did);
  if (!card)
    return fail(arguments, to_text(card.error().reason), arguments.file + ": " + card.error().text);
  print(arguments, {{"name", card->card().name},
                    {"did", card->payload().did},
                    {"cid", wire::to_text(card->cid())},
                    {"sequence", card->payload().sequence},
                    {"verified", true}});
  return done;
}

int show_identity(const Arguments& arguments) {
  const auto folder = open_folder(arguments, Keys::must_exist);
  if (!folder) return fail(arguments, "no_folder", folder.error());
  os::SystemEntropy entropy;
  auto keystore = open_keystore(*folder, entropy);
  if (!keystore) return fail(arguments, "keys", keystore.error().text);
  json::object agents;
  for (const std::string& name : keystore->agents()) {
    const auto key = keystore->agent_key(name);
    if (key) agents[name] = wire::to_did(key->key->public_key());
  }
  const PeerId peer = wire::peer_id_of(keystore->peer_key().public_key());
  print(arguments, {{"peer", wire::to_text(peer)},
                    {"difficulty", dht::id_cost(peer)},
                    {"encrypted", keystore->is_encrypted()},
                    {"agents", std::move(agents)}});
  return done;
}

int new_identity(const Arguments& arguments) {
  const auto folder = open_folder(arguments, Keys::may_be_missing);
  if (!folder) return fail(arguments, "no_folder", folder.error());
  const std::string keys = daemon::keys_folder(folder->paths.data_dir);
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::path(keys) / "peer.pem", ignored))
    return fail(
        arguments, "already_exists",
        folder->paths.data_dir + " holds an identity already; name an empty folder with --data");
  os::SystemEntropy entropy;
  std::uint64_t tries = 0;
  const auto fits = [&tries, costly = daemon::costly_key(arguments.difficulty)](
                        const crypto::Ed25519PublicKey& key) {
    tries += 1;
    return !costly || costly(key);
  };
  const auto keystore = keys::Keystore::open(
      keys, daemon::secret_of(folder->config, folder->paths, config::environment()), entropy, fits);
  if (!keystore) return fail(arguments, "keys", keystore.error().text);
  const PeerId peer = wire::peer_id_of(keystore->peer_key().public_key());
  print(arguments, {{"peer", wire::to_text(peer)},
                    {"difficulty", dht::id_cost(peer)},
                    {"tries", tries},
                    {"encrypted", keystore->is_encrypted()}});
  return done;
}

int backup_identity(const Arguments& arguments) {
  const auto folder = open_folder(arguments, Keys::must_exist);
  if (!folder) return fail(arguments, "no_folder", folder.error());
  const auto passphrase = passphrase_in(arguments.second);
  if (!passphrase) return fail(arguments, "passphrase", passphrase.error());
  os::SystemEntropy entropy;
  auto keystore = open_keystore(*folder, entropy);
  if (!keystore) return fail(arguments, "keys", keystore.error().text);
  const auto saved = keys::backup(*keystore, arguments.file, passphrase->view());
  if (!saved) return fail(arguments, "not_saved", saved.error().text);
  print(arguments, {{"saved", arguments.file},
                    {"peer", wire::to_text(wire::peer_id_of(keystore->peer_key().public_key()))},
                    {"agents", keystore->agents().size()}});
  return done;
}

int restore_identity(const Arguments& arguments) {
  const auto folder = open_folder(arguments, Keys::may_be_missing);
  if (!folder) return fail(arguments, "no_folder", folder.error());
  const auto passphrase = passphrase_in(arguments.second);
  if (!passphrase) return fail(arguments, "passphrase", passphrase.error());
  os::SystemEntropy entropy;
  const auto restored = keys::restore(
      arguments.file, passphrase->view(), daemon::keys_folder(folder->paths.data_dir),
      daemon::secret_of(folder->config, folder->paths, config::environment()), entropy);
  if (!restored) return fail(arguments, "not_restored", restored.error().text);
  print(arguments,
        {{"peer", wire::to_text(wire::peer_id_of(restored->peer))}, {"agents", restored->agents}});
  return done;
}

namespace {

/// The authority of a network is a key beside those of the agents.
std::string authority_name(const std::string& network) {
  return "network-" + network;
}

constexpr std::uint32_t admitted_days = 365;

}  // namespace

int create_network(const Arguments& arguments) {
  if (!session::is_network_name(arguments.first))
    return fail(arguments, "bad_input",
                "\"" + arguments.first +
                    "\" is no name for a network: use 1 to 48 of a-z, 0-9, '.', '_' and '-'");
  const auto folder = open_folder(arguments, Keys::may_be_missing);
  if (!folder) return fail(arguments, "no_folder", folder.error());
  os::SystemEntropy entropy;
  auto keystore = open_keystore(*folder, entropy);
  if (!keystore) return fail(arguments, "keys", keystore.error().text);
  const auto key = keystore->agent_key(authority_name(arguments.first));
  if (!key) return fail(arguments, "keys", key.error().text);
  print(arguments, {{"network", arguments.first},
                    {"authority", wire::to_did(key->key->public_key())},
                    {"encrypted", keystore->is_encrypted()}});
  return done;
}

int admit_to_network(const Arguments& arguments) {
  const auto peer = wire::parse_peer_id(arguments.second);
  if (!peer) return fail(arguments, "bad_input", "\"" + arguments.second + "\" is no peer id");
  const auto folder = open_folder(arguments, Keys::must_exist);
  if (!folder) return fail(arguments, "no_folder", folder.error());
  os::SystemEntropy entropy;
  auto keystore = open_keystore(*folder, entropy);
  if (!keystore) return fail(arguments, "keys", keystore.error().text);
  const auto names = keystore->agents();
  if (std::ranges::find(names, authority_name(arguments.first)) == names.end())
    return fail(arguments, "no_authority",
                folder->paths.data_dir + " holds no key of the network \"" + arguments.first +
                    "\"; make one with `mycel network create`");
  const auto key = keystore->agent_key(authority_name(arguments.first));
  if (!key) return fail(arguments, "keys", key.error().text);
  const std::uint32_t days = arguments.count == 0 ? admitted_days : arguments.count;
  const os::Loop clock;
  const UnixTime expires = clock.now().unix + std::chrono::hours(24 * days);
  const Bytes sealed = session::seal_certificate(*key->key, {arguments.first, *peer, expires});
  const std::string text = wire::to_multibase(wire::Base::base64url, sealed);
  if (!arguments.out.empty()) {
    const auto saved = os::write_private_file(arguments.out, as_bytes(text + "\n"));
    if (!saved) return fail(arguments, "not_saved", saved.error().text);
  }
  print(arguments, {{"network", arguments.first},
                    {"peer", wire::to_text(*peer)},
                    {"days", days},
                    {arguments.out.empty() ? "certificate" : "saved",
                     arguments.out.empty() ? text : arguments.out}});
  return done;
}

int print_version(const Arguments& arguments) {
  const std::string version = daemon::program_version();
  print(arguments, {{"version", version.substr(version.find('/') + 1)},
                    {"compiler", MYCEL_COMPILER},
                    {"build", MYCEL_BUILD_TYPE},
                    {"openssl", MYCEL_OPENSSL_VERSION},
                    {"ngtcp2", MYCEL_NGTCP2_VERSION},
                    {"boost", BOOST_LIB_VERSION}});
  return done;
}

}  // namespace mycel::app
