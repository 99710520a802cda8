// Verdicts and signatures come back in order, whatever order the workers end in.

#include "node/keys/worker_signatures.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

#include "foundation/crypto/ml_dsa.hpp"

#include "node/keys/key_story_test.hpp"

namespace mycel::keys {
namespace {

using ports::SignatureScheme;

/// Threads that start at once; what they finish runs when the test says so, last first.
struct ThreadedWorkers final : ports::Workers {
  void run(std::function<void()> work, std::function<void()> then) override {
    batches += 1;
    threads.emplace_back([this, work = std::move(work), then = std::move(then)]() mutable {
      work();
      const std::scoped_lock lock(mutex);
      finished.push_back(std::move(then));
    });
  }
  void finish() {
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    std::ranges::reverse(finished);
    for (auto& then : std::exchange(finished, {})) then();
  }
  std::size_t batches = 0;
  std::mutex mutex;
  std::vector<std::thread> threads;
  std::vector<std::function<void()>> finished;
};

class WorkerSignaturesStory : public KeyStory {
 protected:
  void SetUp() override {
    auto made = open();
    ASSERT_TRUE(made);
    keystore.emplace(*std::move(made));
    signatures.emplace(workers, *keystore);
  }
  ports::SignatureCheck check_of(std::string_view message) const {
    const crypto::Ed25519PrivateKey& key = keystore->peer_key();
    return {SignatureScheme::ed25519, Bytes::copy(key.public_key().view()), Bytes::copy(message),
            Bytes::copy(key.sign(as_bytes(message)).view())};
  }
  std::vector<bool> verdicts_on(std::vector<ports::SignatureCheck> checks) {
    std::optional<std::vector<bool>> verdicts;
    signatures->verify(std::move(checks), [&](std::vector<bool> all) { verdicts = all; });
    EXPECT_FALSE(verdicts) << "verdicts come later, never at once";
    workers.finish();
    EXPECT_TRUE(verdicts);
    return verdicts.value_or(std::vector<bool>{});
  }
  std::vector<Bytes> signed_by(std::uint32_t number, std::vector<Bytes> messages) {
    std::optional<std::vector<Bytes>> all;
    signatures->sign({SignatureScheme::ed25519, number}, std::move(messages),
                     [&](std::vector<Bytes> made) { all = std::move(made); });
    EXPECT_FALSE(all);
    workers.finish();
    EXPECT_TRUE(all);
    return all.value_or(std::vector<Bytes>{});
  }

  ThreadedWorkers workers;
  std::optional<Keystore> keystore;
  std::optional<WorkerSignatures> signatures;
};

TEST_F(WorkerSignaturesStory, verdicts_keep_the_order_of_the_checks_over_many_batches) {
  std::vector<ports::SignatureCheck> checks;
  std::vector<bool> expected;
  for (int i = 0; i < 200; ++i) {
    checks.push_back(check_of(std::to_string(i)));
    expected.push_back(i % 3 != 0);
    if (!expected.back()) checks.back().message = Bytes::copy("another");
  }
  EXPECT_EQ(verdicts_on(checks), expected);
  EXPECT_EQ(workers.batches, 7U);
}

TEST_F(WorkerSignaturesStory, all_three_schemes_are_verified_in_one_batch) {
  const crypto::MlDsaPrivateKey key_65(crypto::MlDsaStrength::ml_dsa_65, {});
  const crypto::MlDsaPrivateKey key_87(crypto::MlDsaStrength::ml_dsa_87, {});
  const auto check_by = [](SignatureScheme scheme, const crypto::MlDsaPrivateKey& key) {
    return ports::SignatureCheck{scheme, Bytes::copy(key.public_key().view()),
                                 Bytes::copy("message"), key.sign(as_bytes("message"), {})};
  };
  const auto good_65 = check_by(SignatureScheme::ml_dsa_65, key_65);
  const auto good_87 = check_by(SignatureScheme::ml_dsa_87, key_87);
  auto wrong_scheme = good_65;
  wrong_scheme.scheme = SignatureScheme::ml_dsa_87;
  auto wrong_message = good_87;
  wrong_message.message = Bytes::copy("massage");
  EXPECT_EQ(verdicts_on({good_65, good_65, wrong_scheme, good_87, wrong_message, good_87,
                         check_of("message"), good_65}),
            (std::vector<bool>{true, true, false, true, false, true, true, true}));
}

TEST_F(WorkerSignaturesStory, keys_and_signatures_of_any_size_are_refused_without_harm) {
  std::vector<ports::SignatureCheck> checks;
  for (const auto scheme :
       {SignatureScheme::ed25519, SignatureScheme::ml_dsa_65, SignatureScheme::ml_dsa_87})
    for (const auto* bytes : {"", "short"})
      checks.push_back({scheme, Bytes::copy(bytes), Bytes::copy("message"), Bytes::copy(bytes)});
  EXPECT_EQ(verdicts_on(checks), std::vector<bool>(checks.size(), false));
}

TEST_F(WorkerSignaturesStory, nothing_to_do_is_answered_later_too) {
  EXPECT_TRUE(verdicts_on({}).empty());
  EXPECT_TRUE(signed_by(peer_key_number, {}).empty());
}

TEST_F(WorkerSignaturesStory, the_peer_key_and_agents_sign_under_their_numbers) {
  const auto scout = keystore->agent_key("scout");
  ASSERT_TRUE(scout);
  std::vector<Bytes> messages;
  for (int i = 0; i < 70; ++i) messages.push_back(Bytes::copy(std::to_string(i)));
  const auto by_peer = signed_by(peer_key_number, messages);
  const auto by_scout = signed_by(scout->number, messages);
  ASSERT_EQ(by_peer.size(), messages.size());
  ASSERT_EQ(by_scout.size(), messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    EXPECT_TRUE(
        crypto::verify(keystore->peer_key().public_key(), messages[i].view(), by_peer[i].view()));
    EXPECT_TRUE(crypto::verify(scout->key->public_key(), messages[i].view(), by_scout[i].view()));
  }
}

TEST_F(WorkerSignaturesStory, attestations_are_signed_by_a_key_that_stays_with_the_peer_key) {
  const std::vector<Bytes> messages{Bytes::copy("one"), Bytes::copy("two")};
  std::vector<Bytes> made;
  signatures->sign({SignatureScheme::ml_dsa_65, attestation_key_number}, messages,
                   [&](std::vector<Bytes> all) { made = std::move(all); });
  workers.finish();
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[0].size(), crypto::ml_dsa_65_signature_size_bytes);
  const auto again = open();
  ASSERT_TRUE(again);
  for (std::size_t i = 0; i < 2; ++i)
    EXPECT_TRUE(again->attestation_key()->public_key().verify(messages[i], made[i]));
  EXPECT_FALSE(again->attestation_key()->public_key().verify(messages[0], made[1]));
}

TEST_F(WorkerSignaturesStory, signatures_under_way_outlive_the_keystore) {
  bool is_done = false;
  signatures->sign({SignatureScheme::ed25519, peer_key_number}, {Bytes::copy("message")},
                   [&](std::vector<Bytes> all) { is_done = all.size() == 1; });
  signatures.reset();
  keystore.reset();
  workers.finish();
  EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace mycel::keys
