// Backups: there and back, wrong passphrases, damage, and what restoring never overwrites.

#include "node/keys/backup.hpp"

#include <optional>
#include <string>
#include <utility>

#include "node/keys/key_story_test.hpp"

namespace mycel::keys {
namespace {

class BackupStory : public KeyStory {
 protected:
  /// A node with two agents, and its backup under "correct".
  void SetUp() override {
    auto made = open();
    ASSERT_TRUE(made);
    keystore.emplace(*std::move(made));
    ASSERT_TRUE(keystore->agent_key("scout"));
    ASSERT_TRUE(keystore->agent_key("baker"));
    // The same in every story, and slow to make on purpose.
    static std::string made_once;
    if (made_once.empty()) {
      ASSERT_TRUE(backup(*keystore, file(), as_bytes("correct")));
      made_once = content(file());
    }
    write(file(), made_once);
  }
  std::filesystem::path file() const { return folder / "keys.backup"; }
  std::filesystem::path elsewhere() const { return folder / "new" / "keys"; }

  Result<Restored, KeyError> restore_to(const std::filesystem::path& directory,
                                        Secret secret = NoSecret{},
                                        std::string_view passphrase = "correct") {
    return restore(file(), as_bytes(passphrase), directory, std::move(secret), entropy);
  }
  void expect_same_keys(const std::filesystem::path& directory, Secret secret = NoSecret{}) {
    auto other = Keystore::open(directory, std::move(secret), entropy);
    ASSERT_TRUE(other) << other.error().text;
    EXPECT_EQ(other->peer_key().public_key(), keystore->peer_key().public_key());
    ASSERT_EQ(other->agents(), keystore->agents());
    for (const std::string& name : keystore->agents())
      EXPECT_EQ(other->agent_key(name)->key->public_key(),
                keystore->agent_key(name)->key->public_key());
  }

  std::optional<Keystore> keystore;
};

TEST_F(BackupStory, all_keys_come_back_in_a_new_folder) {
  const auto restored = restore_to(elsewhere());
  ASSERT_TRUE(restored) << restored.error().text;
  EXPECT_EQ(restored->peer, keystore->peer_key().public_key());
  EXPECT_EQ(restored->agents, 2U);
  EXPECT_EQ(mode(elsewhere()), 0700U);
  EXPECT_EQ(mode(elsewhere() / "peer.pem"), 0600U);
  expect_same_keys(elsewhere());
}

TEST_F(BackupStory, restored_keys_are_encrypted_for_a_node_that_has_a_passphrase) {
  ASSERT_TRUE(restore_to(elsewhere(), typed("its own")));
  EXPECT_TRUE(is_encrypted(elsewhere() / "peer.pem"));
  EXPECT_TRUE(is_encrypted(elsewhere() / "agents" / "scout.pem"));
  expect_same_keys(elsewhere(), typed("its own"));
}

TEST_F(BackupStory, an_encrypted_keystore_is_backed_up_with_agents_that_were_never_used) {
  auto encrypted = open(typed("its own"));
  ASSERT_TRUE(encrypted);
  const auto other = folder / "second.backup";
  ASSERT_TRUE(backup(*encrypted, other, as_bytes("correct")));
  ASSERT_TRUE(restore(other, as_bytes("correct"), elsewhere(), NoSecret{}, entropy));
  expect_same_keys(elsewhere());
}

TEST_F(BackupStory, the_file_is_private_and_shows_no_key) {
  EXPECT_EQ(mode(file()), 0600U);
  const auto seed = keystore->peer_key().seed();
  EXPECT_EQ(content(file()).find(as_text(seed)), std::string::npos);
  EXPECT_EQ(content(file()).find("scout"), std::string::npos);
}

TEST_F(BackupStory, a_backup_is_never_overwritten_and_never_without_passphrase) {
  const std::string before = content(file());
  expect_error(backup(*keystore, file(), as_bytes("correct")), KeyProblem::already_exists,
               file().string());
  EXPECT_EQ(content(file()), before);
  expect_error(backup(*keystore, folder / "open", {}), KeyProblem::passphrase_missing,
               "passphrase");
  EXPECT_FALSE(std::filesystem::exists(folder / "open"));
}

TEST_F(BackupStory, a_wrong_passphrase_a_cut_and_a_damaged_file_are_told_apart) {
  const std::string whole = content(file());
  expect_error(restore_to(elsewhere(), NoSecret{}, "wrong"), KeyProblem::wrong_passphrase,
               file().string());
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    write(file(), whole.substr(0, size));
    expect_error(restore_to(elsewhere()), KeyProblem::truncated, file().string());
  }
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    write(file(), damaged);
    const auto restored = restore_to(elsewhere());
    ASSERT_FALSE(restored);
    EXPECT_NE(restored.error().problem, KeyProblem::wrong_passphrase) << "byte " << at;
  }
  write(file(), whole + "x");
  expect_error(restore_to(elsewhere()), KeyProblem::malformed, file().string());
  write(file(), "something else altogether");
  expect_error(restore_to(elsewhere()), KeyProblem::malformed, file().string());
  std::filesystem::remove(file());
  expect_error(restore_to(elsewhere()), KeyProblem::cannot_read, file().string());
  EXPECT_FALSE(std::filesystem::exists(elsewhere()));
}

TEST_F(BackupStory, another_identity_is_never_overwritten) {
  const auto other = Keystore::open(elsewhere(), NoSecret{}, entropy);
  ASSERT_TRUE(other);
  const std::string before = content(elsewhere() / "peer.pem");
  expect_error(restore_to(elsewhere()), KeyProblem::other_identity,
               (elsewhere() / "peer.pem").string());
  EXPECT_EQ(content(elsewhere() / "peer.pem"), before);
  EXPECT_TRUE(Keystore::open(elsewhere(), NoSecret{}, entropy)->agents().empty());
}

TEST_F(BackupStory, the_same_identity_gets_the_agents_it_lacks) {
  std::filesystem::remove(agent_file("baker"));
  ASSERT_TRUE(restore_to(keys()));
  expect_same_keys(keys());
}

TEST_F(BackupStory, another_key_for_an_agent_stops_everything) {
  std::filesystem::remove(agent_file("baker"));
  std::filesystem::remove(agent_file("scout"));
  ASSERT_TRUE(open()->agent_key("scout"));
  expect_error(restore_to(keys()), KeyProblem::other_identity, agent_file("scout").string());
  EXPECT_FALSE(std::filesystem::exists(agent_file("baker")));
}

TEST_F(BackupStory, agents_without_a_peer_key_are_not_mixed_with_those_of_a_backup) {
  std::filesystem::remove(peer_file());
  expect_error(restore_to(keys()), KeyProblem::other_identity, keys().string());
  EXPECT_FALSE(std::filesystem::exists(peer_file()));
}

TEST_F(BackupStory, a_damaged_key_in_the_way_is_left_as_it_is) {
  write(peer_file(), "half a ke");
  expect_error(restore_to(keys()), KeyProblem::malformed, peer_file().string());
  EXPECT_EQ(content(peer_file()), "half a ke");
}

TEST_F(BackupStory, restoring_that_was_killed_before_is_no_obstacle) {
  std::filesystem::create_directories(elsewhere().parent_path() / ".keys.restore" / "agents");
  write(elsewhere().parent_path() / ".keys.restore" / "peer.pem", "half a ke");
  ASSERT_TRUE(restore_to(elsewhere() / ""));
  expect_same_keys(elsewhere());
}

TEST_F(BackupStory, an_empty_folder_that_a_node_prepared_is_filled) {
  std::filesystem::create_directories(elsewhere() / "agents");
  write(elsewhere() / ".lock", "");
  ASSERT_TRUE(restore_to(elsewhere()));
  expect_same_keys(elsewhere());
}

}  // namespace
}  // namespace mycel::keys
