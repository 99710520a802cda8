// The keystore through first use, encryption, damage and wrong permissions.

#include "node/keys/keystore.hpp"

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "node/keys/key_story_test.hpp"
#include "node/keys/private_files.hpp"

namespace mycel::keys {
namespace {

using KeystoreStory = KeyStory;

TEST_F(KeystoreStory, first_use_makes_a_peer_key_and_the_next_finds_it) {
  const auto first = open();
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->is_encrypted());
  const auto second = open();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->peer_key().public_key(), first->peer_key().public_key());
}

TEST_F(KeystoreStory, folders_and_files_are_for_their_owner_only) {
  ::umask(0);
  auto keystore = open();
  ASSERT_TRUE(keystore);
  ASSERT_TRUE(keystore->agent_key("scout"));
  ::umask(022);
  EXPECT_EQ(mode(keys()), 0700U);
  EXPECT_EQ(mode(keys() / "agents"), 0700U);
  EXPECT_EQ(mode(peer_file()), 0600U);
  EXPECT_EQ(mode(agent_file("scout")), 0600U);
}

TEST_F(KeystoreStory, missing_folders_above_are_made_and_a_last_slash_changes_nothing) {
  const auto deep = folder / "a" / "b" / "";
  const auto keystore = Keystore::open(deep, NoSecret{}, entropy);
  ASSERT_TRUE(keystore) << keystore.error().text;
  EXPECT_EQ(mode(folder / "a" / "b"), 0700U);
}

TEST_F(KeystoreStory, a_peer_key_is_made_until_it_fits_and_one_that_is_there_is_left_alone) {
  int asked = 0;
  const auto third = [&](const crypto::Ed25519PublicKey&) { return ++asked == 3; };
  const auto made = Keystore::open(keys(), NoSecret{}, entropy, third);
  ASSERT_TRUE(made);
  EXPECT_EQ(asked, 3);
  const auto again = Keystore::open(keys(), NoSecret{}, entropy, third);
  ASSERT_TRUE(again);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(again->peer_key().public_key(), made->peer_key().public_key());
}

TEST_F(KeystoreStory, agents_have_keys_of_their_own_under_numbers_that_stay) {
  auto keystore = open();
  ASSERT_TRUE(keystore);
  const auto scout = keystore->agent_key("scout");
  const auto baker = keystore->agent_key("baker.2_x-y");
  ASSERT_TRUE(scout && baker);
  EXPECT_NE(scout->key->public_key(), baker->key->public_key());
  EXPECT_NE(scout->key->public_key(), keystore->peer_key().public_key());
  EXPECT_EQ(keystore->agents(), (std::vector<std::string>{"baker.2_x-y", "scout"}));

  EXPECT_EQ(keystore->agent_key("scout")->number, scout->number);
  EXPECT_EQ(keystore->key(scout->number), scout->key);
  EXPECT_EQ(keystore->key(peer_key_number)->public_key(), keystore->peer_key().public_key());
  EXPECT_EQ(keystore->key(99), nullptr);

  auto again = open();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->agents(), keystore->agents());
  EXPECT_EQ(again->agent_key("scout")->key->public_key(), scout->key->public_key());
}

TEST_F(KeystoreStory, names_that_could_leave_the_folder_or_hide_are_refused) {
  auto keystore = open();
  ASSERT_TRUE(keystore);
  for (const auto& name :
       {std::string(), std::string(".hidden"), std::string("a/b"), std::string("../peer"),
        std::string("a b"), std::string("a\0b", 3), std::string("\xc3\xa4"), std::string(65, 'a')})
    expect_error(keystore->agent_key(name), KeyProblem::bad_name, "not a name for an agent");
  EXPECT_TRUE(keystore->agent_key(std::string(64, 'a')));
}

TEST_F(KeystoreStory, a_key_that_others_may_read_is_refused_with_the_cure) {
  ASSERT_TRUE(open());
  for (const mode_t bits : {0640U, 0604U, 0660U, 0644U}) {
    ::chmod(peer_file().c_str(), bits);
    const auto refused = open();
    expect_error(refused, KeyProblem::open_to_others, peer_file().string());
    EXPECT_NE(refused.error().text.find("chmod go="), std::string::npos);
  }
  ::chmod(peer_file().c_str(), 0400);
  EXPECT_TRUE(open());
}

TEST_F(KeystoreStory, a_folder_that_others_may_change_is_refused) {
  ASSERT_TRUE(open());
  ::chmod(keys().c_str(), 0770);
  expect_error(open(), KeyProblem::open_to_others, keys().string());
}

TEST_F(KeystoreStory, an_encrypted_keystore_opens_with_its_passphrase_only) {
  const auto first = open(typed("correct"));
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_encrypted());
  EXPECT_TRUE(is_encrypted(peer_file()));
  const std::string before = content(peer_file());

  expect_error(open(), KeyProblem::passphrase_missing, peer_file().string());
  expect_error(open(typed("wrong")), KeyProblem::wrong_passphrase, peer_file().string());
  expect_error(open(typed("")), KeyProblem::passphrase_missing, "typed");
  EXPECT_EQ(content(peer_file()), before);
  EXPECT_EQ(open(typed("correct"))->peer_key().public_key(), first->peer_key().public_key());
}

TEST_F(KeystoreStory, a_new_passphrase_encrypts_every_plain_key_and_keeps_it) {
  auto plain = open();
  ASSERT_TRUE(plain);
  const auto scout = plain->agent_key("scout")->key->public_key();

  auto encrypted = open(typed("correct"));
  ASSERT_TRUE(encrypted);
  EXPECT_TRUE(encrypted->is_encrypted());
  EXPECT_TRUE(is_encrypted(peer_file()));
  EXPECT_TRUE(is_encrypted(agent_file("scout")));
  EXPECT_EQ(mode(peer_file()), 0600U);
  EXPECT_EQ(encrypted->peer_key().public_key(), plain->peer_key().public_key());
  EXPECT_EQ(encrypted->agent_key("scout")->key->public_key(), scout);
  EXPECT_FALSE(open());
}

TEST_F(KeystoreStory, encrypting_that_was_cut_short_goes_on_where_it_stopped) {
  auto plain = open();
  ASSERT_TRUE(plain);
  ASSERT_TRUE(plain->agent_key("one"));
  const std::string one = content(agent_file("one"));
  ASSERT_TRUE(open(typed("correct")));
  write(agent_file("one"), one);  // as if the power had failed after the peer key

  expect_error(open(), KeyProblem::passphrase_missing, peer_file().string());
  ASSERT_TRUE(open(typed("correct")));
  EXPECT_TRUE(is_encrypted(agent_file("one")));
}

TEST_F(KeystoreStory, a_key_file_that_was_cut_short_is_reported_and_left_as_it_is) {
  ASSERT_TRUE(open());
  const std::string whole = content(peer_file());
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, whole.size() / 2}) {
    write(peer_file(), whole.substr(0, size));
    expect_error(open(), KeyProblem::malformed, peer_file().string());
    expect_error(open(typed("correct")), KeyProblem::malformed, peer_file().string());
    EXPECT_EQ(content(peer_file()), whole.substr(0, size));
  }
  write(peer_file(), whole);
  EXPECT_TRUE(open());
}

TEST_F(KeystoreStory, a_damaged_agent_key_is_reported_and_the_node_still_starts) {
  ASSERT_TRUE(open()->agent_key("scout"));
  write(agent_file("scout"), "-----BEGIN PRIVATE KEY-----\n");
  auto keystore = open();
  ASSERT_TRUE(keystore);
  expect_error(keystore->agent_key("scout"), KeyProblem::malformed, agent_file("scout").string());
  // But nobody is told that everything is encrypted while that file cannot be.
  expect_error(open(typed("correct")), KeyProblem::malformed, agent_file("scout").string());
}

TEST_F(KeystoreStory, what_a_killed_process_left_behind_is_no_obstacle) {
  ASSERT_TRUE(open());
  write(keys() / ".peer.pem.new", "half a ke");
  write(keys() / "agents" / ".scout.pem.new", "half a ke");
  auto keystore = open(typed("correct"));
  ASSERT_TRUE(keystore);
  EXPECT_TRUE(keystore->agents().empty());
  EXPECT_TRUE(keystore->agent_key("scout"));
  EXPECT_FALSE(std::filesystem::exists(keys() / "agents" / ".scout.pem.new"));
}

TEST_F(KeystoreStory, an_ml_dsa_key_in_the_place_of_the_peer_key_is_refused) {
  std::filesystem::create_directories(keys());
  ::chmod(keys().c_str(), 0700);
  write(peer_file(), R"(-----BEGIN PRIVATE KEY-----
MDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ
GhscHR4f
-----END PRIVATE KEY-----
)");
  expect_error(open(), KeyProblem::unsupported_key, peer_file().string());
}

TEST_F(KeystoreStory, a_folder_in_the_place_of_the_key_is_refused) {
  std::filesystem::create_directories(peer_file());
  ::chmod(keys().c_str(), 0700);
  expect_error(open(), KeyProblem::cannot_read, peer_file().string());
}

TEST_F(KeystoreStory, a_passphrase_file_counts_without_its_last_line_break) {
  ASSERT_TRUE(open(typed("correct horse")));
  for (const auto* text : {"correct horse", "correct horse\n", "correct horse\r\n"}) {
    write(folder / "passphrase", text);
    EXPECT_TRUE(open(PassphraseFile{folder / "passphrase"}));
  }
  write(folder / "passphrase", "correct horse\n\n");
  EXPECT_FALSE(open(PassphraseFile{folder / "passphrase"}));
}

TEST_F(KeystoreStory, a_passphrase_file_that_is_missing_empty_or_huge_is_named) {
  const auto file = folder / "passphrase";
  expect_error(open(PassphraseFile{file}), KeyProblem::cannot_read, file.string());
  write(file, "\n");
  expect_error(open(PassphraseFile{file}), KeyProblem::passphrase_missing, file.string());
  write(file, std::string(passphrase_size_max_bytes + 1, 'x'));
  expect_error(open(PassphraseFile{file}), KeyProblem::malformed, file.string());
  write(file, std::string(private_file_size_max_bytes + 1, 'x'));
  expect_error(open(PassphraseFile{file}), KeyProblem::malformed, file.string());
  EXPECT_FALSE(std::filesystem::exists(keys()));
}

TEST_F(KeystoreStory, systemd_passes_the_passphrase_in_a_credential) {
  ::unsetenv("CREDENTIALS_DIRECTORY");
  expect_error(open(SystemdCredential{"mycel"}), KeyProblem::passphrase_missing, "LoadCredential");
  write(folder / "mycel", "correct");
  ::setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
  EXPECT_TRUE(open(SystemdCredential{"mycel"}));
  EXPECT_TRUE(open(typed("correct")));
  expect_error(open(SystemdCredential{"other"}), KeyProblem::cannot_read, "other");
  for (const auto* name : {"", ".", "..", "../mycel", "a/b"})
    expect_error(open(SystemdCredential{name}), KeyProblem::bad_name, "credential");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST_F(KeystoreStory, an_agent_never_gets_a_second_key) {
  auto keystore = open();
  ASSERT_TRUE(keystore);
  const crypto::Ed25519PrivateKey key(crypto::Ed25519PrivateKey::Seed{});
  ASSERT_TRUE(keystore->add_agent("scout", key));
  EXPECT_TRUE(keystore->add_agent("scout", key));
  EXPECT_EQ(keystore->agent_key("scout")->key->public_key(), key.public_key());
  crypto::Ed25519PrivateKey::Seed other{};
  other[0] = std::byte{1};
  expect_error(keystore->add_agent("scout", crypto::Ed25519PrivateKey(other)),
               KeyProblem::other_identity, agent_file("scout").string());
}

TEST(KeyProblemText, names_the_file_the_fact_and_the_way_out) {
  EXPECT_EQ(
      key_problem_text(KeyProblem::open_to_others, "/k/peer.pem", "mode 0644"),
      "'/k/peer.pem' is open to other users of this machine (mode 0644). Close it with: chmod "
      "go= '/k/peer.pem'. If others may have read a key, replace the key.");
  EXPECT_EQ(key_problem_text(KeyProblem::truncated, "b"),
            "'b' ends too soon. Copy it again from where it came from.");
}

}  // namespace
}  // namespace mycel::keys
