#include "node/keys/worker_signatures.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/crypto/ed25519.hpp"
#include "foundation/crypto/ml_dsa.hpp"

namespace mycel::keys {
namespace {

using ports::SignatureCheck;
using ports::SignatureScheme;

bool verify_ed25519(const SignatureCheck& one) {
  const auto key = crypto::Ed25519PublicKey::from(one.public_key);
  return key && crypto::verify(*key, one.message, one.signature);
}

bool verify_ml_dsa(crypto::MlDsaStrength strength, const SignatureCheck& one) {
  const auto key = crypto::MlDsaPublicKey::from(strength, one.public_key);
  return key && key->verify(one.message, one.signature);
}

bool is_genuine(const SignatureCheck& one) {
  switch (one.scheme) {
    case SignatureScheme::ed25519:
      return verify_ed25519(one);
    case SignatureScheme::ml_dsa_65:
      return verify_ml_dsa(crypto::MlDsaStrength::ml_dsa_65, one);
    case SignatureScheme::ml_dsa_87:
      return verify_ml_dsa(crypto::MlDsaStrength::ml_dsa_87, one);
  }
  return false;
}

/// Work that several workers share: every batch has places of its own in `answers`, and the batch
/// that ends last, on the node's thread, hands all of them over.
template <class Item, class Answer>
struct Job {
  std::vector<Item> items;
  std::vector<Answer> answers;
  std::function<void(std::vector<Answer>)> then;
  std::size_t batches_left = 0;
};

/// Calls `work(items, answers)` for each batch, with two spans of one size, then `then(answers)`.
template <class Item, class Answer, class Work>
void run_in_batches(ports::Workers& workers, std::vector<Item> items, const Work& work,
                    std::function<void(std::vector<Answer>)> then) {
  const std::size_t count = items.size();
  // No items are one empty batch: the answer still comes later.
  const std::size_t batches =
      std::max<std::size_t>(1, (count + signature_batch_size_max - 1) / signature_batch_size_max);
  const auto job = std::make_shared<Job<Item, Answer>>(std::move(items), std::vector<Answer>(count),
                                                       std::move(then), batches);
  for (std::size_t batch = 0; batch < batches; ++batch) {
    const std::size_t begin = batch * signature_batch_size_max;
    const std::size_t size = std::min(signature_batch_size_max, count - begin);
    workers.run(
        [job, begin, size, work] {
          work(std::span<const Item>(job->items).subspan(begin, size),
               std::span<Answer>(job->answers).subspan(begin, size));
        },
        [job] {
          if (--job->batches_left == 0) job->then(std::move(job->answers));
        });
  }
}

}  // namespace

void WorkerSignatures::verify(std::vector<SignatureCheck> checks, Verdicts then) {
  // One byte a verdict: the bits of a std::vector<bool> cannot be written from two threads.
  const auto work = [](std::span<const SignatureCheck> batch, std::span<char> verdicts) {
    for (std::size_t i = 0; i < batch.size(); ++i) verdicts[i] = is_genuine(batch[i]) ? 1 : 0;
  };
  run_in_batches<SignatureCheck, char>(workers_, std::move(checks), work,
                                       [then = std::move(then)](const std::vector<char>& all) {
                                         then(std::vector<bool>(all.begin(), all.end()));
                                       });
}

void WorkerSignatures::sign(ports::SigningKey key, std::vector<Bytes> messages, Signed then) {
  if (key.scheme == SignatureScheme::ml_dsa_65 && key.number == attestation_key_number)
    return sign_attestations(std::move(messages), std::move(then));
  check(key.scheme == SignatureScheme::ed25519, "further keys of the keystore are Ed25519");
  const SharedKey own = keystore_.key(key.number);
  check(own != nullptr, "a signing key has a number that the keystore gave out");
  const auto work = [own](std::span<const Bytes> batch, std::span<Bytes> signatures) {
    for (std::size_t i = 0; i < batch.size(); ++i)
      signatures[i] = Bytes::copy(own->sign(batch[i]).view());
  };
  run_in_batches<Bytes, Bytes>(workers_, std::move(messages), work, std::move(then));
}

// Each message takes its own fresh bytes along: workers do not share the entropy.
void WorkerSignatures::sign_attestations(std::vector<Bytes> messages, Signed then) {
  struct Item {
    Bytes message;
    crypto::MlDsaPrivateKey::Hedge hedge{};
  };
  std::vector<Item> items;
  for (Bytes& message : messages) {
    items.push_back({std::move(message)});
    keystore_.entropy().fill(items.back().hedge);
  }
  const auto work = [own = keystore_.attestation_key()](std::span<const Item> batch,
                                                        std::span<Bytes> signatures) {
    for (std::size_t i = 0; i < batch.size(); ++i)
      signatures[i] = own->sign(batch[i].message, batch[i].hedge);
  };
  run_in_batches<Item, Bytes>(workers_, std::move(items), work, std::move(then));
}

}  // namespace mycel::keys
