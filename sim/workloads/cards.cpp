// Agent cards: every node publishes one, changes it now and then, and resolves others' by their
// DID.

#include <charconv>
#include <map>
#include <string>
#include <utility>

#include "protocol/agents/signed_card.hpp"

#include "sim/workload.hpp"

namespace mycel::sim {
namespace {

/// Looking for the last statement, signing, finding where to put the next one and putting it there.
constexpr Duration publish_allowed = 150s;
constexpr Duration resolve_allowed = 75s;
constexpr std::uint32_t update_percent = 30;
constexpr const char* agent = "default";

std::string card_name(std::uint32_t number) {
  return "agent of node " + std::to_string(number);
}

/// What of a card is compared: who it is of, and which edition.
Bytes words_of(const std::string& name, const std::string& edition) {
  return Bytes::copy(name + ", edition " + edition);
}

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class CardsWorkload final : public Workload {
 public:
  explicit CardsWorkload(Rng rng) : rng_(rng) {}

  void step(Run& run, std::uint32_t number) override {
    const auto other = static_cast<std::uint32_t>(rng_.below(run.plan().nodes));
    if (editions_[number] == 0 || rng_.below(100) < update_percent) return publish(run, number);
    resolve(run, number, other);
  }

  void examine(Run& run, std::uint32_t number) override {
    resolve(run, number, static_cast<std::uint32_t>(rng_.below(run.plan().nodes)));
  }

 private:
  void publish(Run& run, std::uint32_t number) {
    const std::uint64_t edition = ++editions_[number];
    const std::string name = card_name(number);
    const std::string text = std::to_string(edition);
    const std::string document = R"({"name":")" + name + R"(","description":"an agent","url":"a:b",)" +
                                 R"("version":")" + text + R"(","skills":[]})";
    const Bytes key = agents::card_key(did_of(run, number));
    const Bytes value = words_of(name, text);
    run.tell(Published{number, key, value, edition});
    const Ticket ticket = run.begin(number, "publish", publish_allowed, name);
    run.fleet().node(number).wiring().cards().publish(
        document, [&run, number, key, value, edition,
                   ticket](const Result<agents::Published, parts::Refusal>& result) {
          if (result)
            run.tell(Acknowledged{number, key, value, static_cast<std::uint32_t>(result->stored),
                                  edition});
          run.end(ticket, {.is_good = static_cast<bool>(result),
                           .text = result ? "stored on " + std::to_string(result->stored)
                                          : result.error().reason});
        });
  }

  void resolve(Run& run, std::uint32_t number, std::uint32_t other) {
    const std::string& did = did_of(run, other);
    const Bytes key = agents::card_key(did);
    const Ticket ticket = run.begin(number, "resolve", resolve_allowed, card_name(other));
    run.fleet().node(number).wiring().cards().resolve(
        did, [&run, number, key, ticket,
              since = run.now()](const Result<parts::CardFound, parts::Refusal>& result) {
          if (result) {
            const agents::Card& card = result->card.card();
            run.tell(Delivered{number, key, words_of(card.name, card.version),
                               number_in(card.version), since});
          } else if (result.error().reason == "not_found") {
            run.tell(NotFound{number, key, since});
          }
          run.end(ticket, {.is_good = static_cast<bool>(result),
                           .messages = result ? result->facts.messages : 0,
                           .text = result ? "edition " + result->card.card().version
                                          : result.error().reason});
        });
  }

  /// Making a key takes as long as a signature, so it is made once.
  const std::string& did_of(Run& run, std::uint32_t number) {
    std::string& did = dids_[number];
    if (did.empty()) did = *NumberedKeys(run.world(), number).did_of(agent);
    return did;
  }

  Rng rng_;
  std::map<std::uint32_t, std::uint64_t> editions_;
  std::map<std::uint32_t, std::string> dids_;
};

}  // namespace

std::unique_ptr<Workload> make_workload_cards(const WorkloadSpec&, Rng rng) {
  return std::make_unique<CardsWorkload>(rng);
}

}  // namespace mycel::sim
