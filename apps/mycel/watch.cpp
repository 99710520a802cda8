#include "apps/mycel/watch.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include <boost/json.hpp>

#include "foundation/wire/multibase.hpp"

#include "protocol/agents/card_watch.hpp"

#include "node/control/json_words.hpp"
#include "runtime/os/entropy.hpp"
#include "runtime/os/loop.hpp"

#include "apps/mycel/ask.hpp"
#include "apps/mycel/settings.hpp"

namespace mycel::app {
namespace {

namespace json = boost::json;

constexpr Duration wait_max = 1min;

std::uint64_t fresh_seed() {
  os::SystemEntropy entropy;
  std::array<std::byte, sizeof(std::uint64_t)> bytes{};
  entropy.fill(bytes);
  std::uint64_t seed = 0;
  std::memcpy(&seed, bytes.data(), sizeof seed);
  return seed;
}

class CardWatcher {
 public:
  CardWatcher(const Arguments& arguments, std::string socket)
      : arguments_(arguments),
        socket_(std::move(socket)),
        watch_(arguments.first,
               {.wait_min = std::chrono::seconds(arguments.every_s),
                .wait_max = std::max<Duration>(std::chrono::seconds(arguments.every_s), wait_max)},
               Rng(fresh_seed())) {}

  int run() {
    while (true) {
      // What the node found a moment ago would hide an edition for as long as it is cached.
      const auto answer = ask_node(
          arguments_, socket_,
          {.method = "GET", .path = "/v1/cards/" + watch_.did(), .query = "fresh=1", .body = {}});
      if (!answer) {
        // Who was there may come back; who never was is a mistake of the caller.
        if (!has_answered_)
          return fail(arguments_, answer.error().code, answer.error().text, answer.error().reason);
        tell_once(answer.error().reason, answer.error().text);
      } else {
        has_answered_ = true;
        const std::string reason = control::text_field(answer->body, "reason");
        const std::string text = control::text_field(answer->body, "error");
        if (reason == "bad_did") return fail(arguments_, refused, text, reason);
        answer->status >= 400 ? tell_once(reason, text) : on_card(answer->body);
      }
      if (arguments_.count > 0 && told_ >= arguments_.count) return done;
      loop_.run_for(watch_.next_wait());
    }
  }

 private:
  void on_card(const json::object& body) {
    const auto envelope = wire::parse_base64url(control::text_field(body, "envelope"));
    if (!envelope) return tell_once("protocol", "the node's answer holds no signed card");
    const auto edition = watch_.on_found(loop_.now().unix, *envelope);
    if (!edition) return tell_once(to_text(edition.error().reason), edition.error().text);
    last_trouble_.clear();
    if (*edition) tell(**edition, control::text_field(body, "from"));
  }

  void tell(const agents::Edition& edition, const std::string& from) {
    told_ += 1;
    const agents::CardPayload& payload = edition.card.payload();
    const std::string cid = wire::to_text(edition.card.cid());
    if (arguments_.is_json) {
      boost::system::error_code ignored;  // verified: it is JSON
      json::object line{{"event", "edition"},
                        {"did", payload.did},
                        {"sequence", payload.sequence},
                        {"name", edition.card.card().name},
                        {"cid", cid},
                        {"statement", hex(edition.card.statement().payload_hash())},
                        {"skipped", edition.skipped},
                        {"issued", control::to_text(payload.issued)},
                        {"expires", control::to_text(payload.expires)},
                        {"from", from},
                        {"document", json::parse(std::string(as_text(payload.document)), ignored)}};
      if (payload.previous) line["previous"] = hex(*payload.previous);
      std::printf("%s\n", json::serialize(line).c_str());
    } else {
      const std::string unseen =
          edition.skipped == 0 ? ""
                               : "  (" + std::to_string(edition.skipped) + " before it unseen)";
      std::printf("%s  edition %llu  %s  %s%s\n", control::to_text(payload.issued).c_str(),
                  static_cast<unsigned long long>(payload.sequence),
                  control::printable(edition.card.card().name).c_str(), cid.c_str(),
                  unseen.c_str());
    }
    std::fflush(stdout);
  }

  /// What stands in the way of the next edition, said again only when it has changed.
  void tell_once(std::string_view reason, const std::string& text) {
    if (last_trouble_ == reason) return;
    last_trouble_ = reason;
    if (arguments_.is_json) {
      std::printf("%s\n", json::serialize(json::object{{"event", "waiting"},
                                                       {"did", watch_.did()},
                                                       {"reason", reason},
                                                       {"error", control::printable(text)}})
                              .c_str());
      std::fflush(stdout);
    } else {
      std::fprintf(stderr, "mycel card watch: %s; still watching\n",
                   control::printable(text).c_str());
    }
  }

  static std::string hex(const crypto::Digest& digest) { return to_hex(digest.view()); }

  const Arguments& arguments_;
  std::string socket_;
  agents::CardWatch watch_;
  os::Loop loop_;
  bool has_answered_ = false;
  std::uint32_t told_ = 0;
  std::string last_trouble_;
};

}  // namespace

int watch_card(const Arguments& arguments) {
  const auto socket = control_socket(arguments);
  if (!socket) return wrong_usage;
  // Every line is flushed when it is printed, so there is nothing to put in order.
  std::signal(SIGINT, [](int) { std::_Exit(done); });
  std::signal(SIGTERM, [](int) { std::_Exit(done); });
  return CardWatcher(arguments, *socket).run();
}

}  // namespace mycel::app
