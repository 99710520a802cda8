#pragma once
// What the stories of this module share: a folder that goes when the story ends, entropy that
// repeats, and a look at files.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "foundation/base/rng.hpp"

#include "node/keys/keystore.hpp"
#include "runtime/ports/entropy.hpp"

namespace mycel::keys {

struct RepeatingEntropy final : ports::Entropy {
  explicit RepeatingEntropy(std::uint64_t seed) : rng(seed) {}
  void fill(std::span<std::byte> bytes) override { rng.fill(bytes); }
  Rng rng;
};

class KeyStory : public testing::Test {
 protected:
  KeyStory() {
    std::string name = (std::filesystem::temp_directory_path() / "keys_XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) folder = name;
  }
  ~KeyStory() override { std::filesystem::remove_all(folder); }

  std::filesystem::path keys() const { return folder / "keys"; }
  std::filesystem::path peer_file() const { return keys() / "peer.pem"; }
  std::filesystem::path agent_file(const std::string& name) const {
    return keys() / "agents" / (name + ".pem");
  }

  static Secret typed(std::string_view text) {
    return TypedPassphrase{crypto::SecretBytes::copy(text)};
  }
  Result<Keystore, KeyError> open(Secret secret = NoSecret{}) {
    return Keystore::open(keys(), std::move(secret), entropy);
  }

  static std::string content(const std::filesystem::path& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  static void write(const std::filesystem::path& file, std::string_view text) {
    std::ofstream(file) << text;
    ::chmod(file.c_str(), 0600);
  }
  static unsigned mode(const std::filesystem::path& file) {
    struct stat about{};
    return ::stat(file.c_str(), &about) == 0 ? about.st_mode & 07777U : 0;
  }
  static bool is_encrypted(const std::filesystem::path& file) {
    return content(file).starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----");
  }
  /// The error names the file and is of that kind.
  static void expect_error(const auto& result, KeyProblem problem, std::string_view named) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().problem, problem) << result.error().text;
    EXPECT_NE(result.error().text.find(named), std::string::npos) << result.error().text;
  }

  std::filesystem::path folder;
  RepeatingEntropy entropy{1};
};

}  // namespace mycel::keys
