#include "node/control/api.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"
#include "foundation/wire/multibase.hpp"
#include "foundation/wire/peer_id_text.hpp"

#include "node/control/explain_json.hpp"
#include "node/control/json_words.hpp"
#include "node/control/metrics.hpp"
#include "node/control/witness_api.hpp"
#include "node/daemon/settings.hpp"

namespace mycel::control {
namespace {

constexpr std::uintmax_t disk_free_min_bytes = std::uintmax_t{256} << 20;

http::Response bad_input(std::string_view text) {
  return refuse(400, "bad_input", text);
}

/// A peer id, or the peer that a multiaddr ends in.
std::optional<PeerId> peer_in(const std::string& text) {
  if (const auto peer = wire::parse_peer_id(text)) return *peer;
  if (const auto address = wire::parse_multiaddr(text)) return wire::peer_of(*address);
  return std::nullopt;
}

json::array printable(const std::vector<std::string>& texts) {
  json::array shown;
  for (const std::string& text : texts) shown.emplace_back(control::printable(text));
  return shown;
}

json::object to_json(const connect::PeerConnected& connected) {
  return {{"peer", wire::to_text(connected.peer)},
          {"addr", wire::to_text(connected.remote)},
          {"direction", connected.direction == Direction::inbound ? "inbound" : "outbound"}};
}

json::object to_json(const session::Hello& hello, const session::Session& session) {
  json::object told{{"standing", to_text(session.standing)}, {"limited", session.is_limited}};
  if (session.spoken == Version{}) return told;  // it said no hello
  told["version"] = to_text(session.common);
  told["speaks"] = to_text(session.spoken);
  told["features"] = json::value_from(hello.shared_features(session));
  // Of another network it would not be here.
  told["network"] = hello.config().network;
  return told;
}

json::object network_json(const session::Hello& hello) {
  const session::HelloConfig& config = hello.config();
  static constexpr std::array<std::string_view, 3> policies = {"welcome", "limited", "refuse"};
  return {{"id", config.network},
          {"strangers", policies[static_cast<std::size_t>(config.strangers)]},
          {"closed", config.authority.has_value()},
          {"member", !config.certificate.empty()},
          {"version", to_text(config.version)},
          {"minimum_version", to_text(config.minimum)},
          {"features", json::value_from(config.features)}};
}

json::object check(std::string_view what, bool is_good, std::string_view cure) {
  return {
      {"check", what}, {"result", is_good ? "ok" : "attend"}, {"what_to_do", is_good ? "-" : cure}};
}

bool is(const http::Request& request, std::string_view method, std::string_view path) {
  return request.method == method && request.path == path;
}
/// Does it ask for something that has to be kept?
bool is_change(const http::Request& request) {
  return request.method == "DELETE" || is(request, "POST", "/v1/cards") ||
         is(request, "POST", "/v1/records") || is(request, "POST", "/v1/providers") ||
         (request.method == "POST" && request.path.starts_with("/v1/shared"));
}

bool is_under(const http::Request& request, std::string_view method, std::string_view prefix) {
  return request.method == method && request.path.starts_with(prefix) &&
         request.path.size() > prefix.size();
}

constexpr std::string_view cards_prefix = "/v1/cards/";

}  // namespace

void Api::handle(const http::Request& request, const http::Reply& reply) {
  const auto did = [&] { return request.path.substr(cards_prefix.size()); };
  const auto& failure = daemon_.wiring().store_failure();
  if (failure && is_change(request)) return reply(unwritable(*failure));
  if (is(request, "GET", "/v1/status")) return status(reply);
  if (is(request, "GET", "/v1/peers")) return peers(reply);
  if (is(request, "GET", "/v1/doctor")) return doctor(reply);
  if (is(request, "POST", "/v1/dial")) return dial(request, reply);
  if (is(request, "POST", "/v1/ping")) return ping(request, reply);
  if (is(request, "POST", "/v1/cards")) return publish_card(request, reply);
  if (is(request, "GET", "/v1/cards")) return list_cards(reply);
  if (is_under(request, "GET", cards_prefix)) return get_card(request, reply);
  if (is_under(request, "DELETE", cards_prefix)) return revoke_card(did(), reply);
  if (is(request, "POST", "/v1/records")) return put_record(request, reply);
  if (is(request, "GET", "/v1/records")) return get_record(request, reply);
  if (is(request, "POST", "/v1/providers")) return provide(request, reply);
  if (is(request, "GET", "/v1/providers")) return find_providers(request, reply);
  if (is(request, "POST", "/v1/shared")) return create_shared(request, reply);
  if (is(request, "GET", "/v1/shared")) return get_shared(request, reply);
  if (is(request, "POST", "/v1/shared/writers")) return admit_to_shared(request, reply);
  if (is(request, "DELETE", "/v1/shared/writers")) return remove_from_shared(request, reply);
  if (is(request, "POST", "/v1/shared/entries")) return set_shared(request, reply);
  if (is(request, "POST", "/v1/witness")) return witness_operation(daemon_, request, reply);
  if (is(request, "GET", "/v1/trust")) return show_trust(daemon_, reply);
  if (is(request, "GET", "/metrics"))
    return reply(
        {.status = 200, .type = "text/plain; version=0.0.4", .body = metrics_text(daemon_)});
  if (is(request, "POST", "/v1/stop")) {
    reply(answer({{"stopping", true}}));
    return stop_();
  }
  reply(refuse(404, "no_route", request.method + " " + request.path + " is not part of this API"));
}

void Api::status(const http::Reply& reply) const {
  const Wiring& wiring = daemon_.wiring();
  const dht::Counters& dht = wiring.dht().dht().counters();
  json::object body{
      {"peer", wire::to_text(wiring.self())},
      {"version", daemon::program_version()},
      {"uptime_s", milliseconds(daemon_.uptime()) / 1000},
      {"addrs", control::to_json(daemon_.addresses_with_peer())},
      {"connections", wiring.connections().connector().counters().pooled_connections},
      {"dht",
       json::object{
           {"protocol", wiring.dht().protocol()},
           {"mode", daemon_.config().dht.mode == config::DhtMode::client ? "client" : "server"},
           {"table", wiring.dht().dht().table().size()},
           {"records", dht.records},
           {"providers", dht.providers},
           {"lookups", dht.lookups}}},
      {"cards", wiring.cards().cards().list().size()},
      {"keys_encrypted", daemon_.keystore().is_encrypted()},
      {"data", daemon_.paths().data_dir},
      {"store", wiring.store_failure().value_or("ok")}};
  if (wiring.hello() != nullptr) body["network"] = network_json(*wiring.hello());
  reply(answer(body));
}

void Api::peers(const http::Reply& reply) const {
  const Wiring& wiring = daemon_.wiring();
  json::array rows;
  for (const auto& status : wiring.connections().connector().connections()) {
    json::object row{{"peer", wire::to_text(status.peer)},
                     {"addr", wire::to_text(status.remote)},
                     {"direction", status.direction == Direction::inbound ? "inbound" : "outbound"},
                     {"streams", status.open_streams},
                     {"in_table", wiring.dht().dht().table().contains(status.peer)}};
    if (const auto identity = wiring.identify().identity_of(status.peer)) {
      row["agent"] = control::printable(identity->agent_version);
      row["protocol_version"] = control::printable(identity->protocol_version);
      row["protocols"] = printable(identity->protocols);
      row["listens"] = control::to_json(identity->addresses);
    }
    const auto* hello = wiring.hello();
    const auto* session = hello != nullptr ? hello->session(status.connection) : nullptr;
    if (session != nullptr)
      for (auto& fact : to_json(*hello, *session)) row[fact.key()] = fact.value();
    if (const auto seen = wiring.identify().observed_by(status.peer))
      row["observed"] = wire::to_text(*seen);
    if (const auto facts = daemon_.transport().facts(status.connection)) {
      row["rtt_ms"] = to_ms(facts->round_trip);
      row["key_exchange"] = facts->group;
      row["cipher"] = facts->cipher;
    }
    rows.push_back(std::move(row));
  }
  reply(answer({{"peers", std::move(rows)}}));
}

void Api::doctor(const http::Reply& reply) const {
  const Wiring& wiring = daemon_.wiring();
  const auto& addresses = wiring.addresses();
  std::error_code ignored;
  const auto space = std::filesystem::space(daemon_.paths().data_dir, ignored);
  json::array checks;
  checks.push_back(check("the store takes writes", !wiring.store_failure(),
                         "see the log; free disk space or repair the disk, then restart the node"));
  checks.push_back(check("the disk has room", ignored || space.available > disk_free_min_bytes,
                         "less than 256 MiB are free under the data folder: make room"));
  checks.push_back(check("keys are encrypted", daemon_.keystore().is_encrypted(),
                         "set keys.passphrase_file, or pass a systemd credential"));
  checks.push_back(
      check("UDP buffers are large", !daemon_.has_small_buffers(),
            "sysctl -w net.core.rmem_max=7500000 net.core.wmem_max=7500000, then restart"));
  checks.push_back(
      check("connected to somebody", !wiring.connections().connector().connections().empty(),
            "name a node of the mesh with --join, and see that UDP to it is not blocked"));
  checks.push_back(
      check("the routing table has peers", !wiring.dht().dht().table().empty(),
            "peers must speak " + wiring.dht().protocol() + "; check dht.protocol on both sides"));
  checks.push_back(
      check("an address is public",
            std::ranges::any_of(addresses, [](const auto& a) { return !wire::is_private(a); }),
            "fine on a private network; else forward the UDP port and name it with --announce"));
  reply(answer({{"checks", std::move(checks)}}));
}

void Api::dial(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  const std::string text = body ? text_field(*body, "address") : "";
  const std::string protocol = body ? text_field(*body, "protocol") : "";
  const auto address = wire::parse_multiaddr(text);
  if (!address)
    return reply(bad_input(
        "\"" + text + "\" is no multiaddr (" + std::string(wire::to_text(address.error())) +
        "); write /ip4/ADDRESS/udp/PORT/quic-v1, with /p2p/PEER to insist on a peer"));
  daemon_.wiring().connections().connect(
      *address,
      [this, reply, protocol](const Result<connect::PeerConnected, parts::Refusal>& result) {
        if (!result) return reply(refuse(result.error()));
        on_dialled(*result, protocol, reply);
      });
}

// Connected is only who is also let in, on both sides.
void Api::on_dialled(const connect::PeerConnected& connected, const std::string& protocol,
                     const http::Reply& reply) {
  daemon_.wiring().when_settled(
      connected.connection, [this, reply, protocol,
                             connected](const Result<session::Standing, parts::Refusal>& standing) {
        if (!standing) return reply(refuse(standing.error()));
        json::object told = to_json(connected);
        told["standing"] = to_text(*standing);
        if (protocol.empty()) return reply(answer(told));
        daemon_.wiring().probe_protocol(
            connected.connection, protocol,
            [reply, told, protocol](const Result<bool, parts::Refusal>& spoken) {
              if (!spoken) return reply(refuse(spoken.error()));
              if (!*spoken)
                return reply(refuse(409, "unsupported", "the peer does not speak " + protocol));
              json::object agreed = told;
              agreed["protocol"] = protocol;
              reply(answer(agreed));
            });
      });
}

namespace {

/// Pings one after another and answers when all are done or one failed.
struct PingSeries : std::enable_shared_from_this<PingSeries> {
  PingSeries(Wiring& owner, const PeerId& whom, std::uint64_t how_many, http::Reply then)
      : wiring(owner), peer(whom), left(how_many), reply(std::move(then)) {}

  void next() {
    if (left == 0) return finish();
    left -= 1;
    wiring.ping().ping(peer,
                       [self = shared_from_this()](const Result<Duration, parts::Refusal>& result) {
                         if (!result) return self->reply(refuse(result.error()));
                         self->times.push_back(to_ms(*result));
                         self->next();
                       });
  }
  void finish() const {
    std::vector<double> sorted = times;
    std::ranges::sort(sorted);
    reply(answer({{"peer", wire::to_text(peer)},
                  {"ms", json::value_from(times)},
                  {"median_ms", sorted.empty() ? 0.0 : sorted[sorted.size() / 2]}}));
  }

  Wiring& wiring;
  PeerId peer;
  std::uint64_t left;
  http::Reply reply;
  std::vector<double> times;
};

}  // namespace

void Api::ping(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  const std::string target = body ? text_field(*body, "target") : "";
  const auto* count = body ? body->if_contains("count") : nullptr;
  const std::uint64_t count_wanted =
      count != nullptr && count->is_int64()
          ? static_cast<std::uint64_t>(std::clamp<std::int64_t>(count->get_int64(), 1, 1000))
          : 3;
  Wiring& wiring = daemon_.wiring();
  const auto begin = [&wiring, count_wanted,
                      reply](const Result<connect::PeerConnected, parts::Refusal>& result) {
    if (!result) return reply(refuse(result.error()));
    std::make_shared<PingSeries>(wiring, result->peer, count_wanted, reply)->next();
  };
  if (const auto address = wire::parse_multiaddr(target))
    return wiring.connections().connect(*address, begin);
  if (const auto peer = peer_in(target)) return wiring.reach(*peer, begin);
  reply(bad_input("\"" + target + "\" is neither a peer id nor a multiaddr"));
}

void Api::publish_card(const http::Request& request, const http::Reply& reply) {
  const auto body = body_of(request);
  if (!body) return reply(bad_input("the body must be a JSON object with the field document"));
  const Instant began = daemon_.loop().now().instant;
  const std::string source = text_field(*body, "source");
  daemon_.wiring().cards().publish(
      text_field(*body, "document"),
      [this, reply, began, source](const Result<agents::Published, parts::Refusal>& result) {
        if (!result) {
          const std::string where = source.empty() ? "" : source + ": ";
          return reply(refuse({result.error().reason, where + result.error().text}));
        }
        json::object answered{{"did", result->did},
                              {"sequence", result->sequence},
                              {"stored", result->stored},
                              {"ms", to_ms(daemon_.loop().now().instant - began)}};
        for (const agents::OwnCard& own : daemon_.wiring().cards().cards().list()) {
          if (own.did != result->did || !own.cid) continue;
          answered["name"] = own.name;
          answered["cid"] = wire::to_text(*own.cid);
          answered["expires"] = control::to_text(own.expires);
        }
        reply(answer(answered));
      });
}

namespace {

std::string_view state_of(const agents::OwnCard& own) {
  if (own.is_revoked) return "revoked";
  return own.stored == 0 ? "waiting for another node" : "published";
}

}  // namespace

void Api::list_cards(const http::Reply& reply) const {
  json::array rows;
  for (const agents::OwnCard& own : daemon_.wiring().cards().cards().list()) {
    json::object row{{"did", own.did},           {"name", own.name},
                     {"sequence", own.sequence}, {"state", state_of(own)},
                     {"stored", own.stored},     {"expires", control::to_text(own.expires)}};
    if (own.cid) row["cid"] = wire::to_text(*own.cid);
    rows.push_back(std::move(row));
  }
  reply(answer({{"cards", std::move(rows)}}));
}

void Api::get_card(const http::Request& request, const http::Reply& reply) {
  const std::string did = request.path.substr(cards_prefix.size());
  const Instant began = daemon_.loop().now().instant;
  daemon_.wiring().cards().resolve(
      did,
      {.may_be_cached = !is_fresh(request),
       .is_explained = parameter(request, "explain") == "true"},
      [this, reply, began, did](const Result<parts::CardFound, parts::Refusal>& found) {
        if (!found) return reply(refuse(found.error()));
        const agents::CardPayload& payload = found->card.payload();
        const Bytes& envelope = found->card.statement().envelope();
        // What is reported as checked is checked here once more, on the very bytes that are handed
        // out.
        const auto again = agents::verify_card(envelope, daemon_.loop().now().unix, did);
        boost::system::error_code malformed;
        json::object body{
            {"did", did},
            {"name", found->card.card().name},
            {"cid", wire::to_text(found->card.cid())},
            {"sequence", payload.sequence},
            {"issued", control::to_text(payload.issued)},
            {"expires", control::to_text(payload.expires)},
            {"checks",
             json::object{{"content_hash", wire::raw_cid(payload.document) == found->card.cid()},
                          {"signature_chain", static_cast<bool>(again)}}},
            {"from", wire::to_text(found->from)},
            {"cached", found->is_cached},
            {"document", json::parse(std::string(as_text(payload.document)), malformed)},
            {"envelope", wire::to_base64url(envelope)}};
        add_facts(body, found->facts);
        if (found->explanation) body["explain"] = to_json(*found->explanation);
        body["ms"] = to_ms(daemon_.loop().now().instant - began);
        reply(answer(body));
      });
}

void Api::revoke_card(const std::string& did, const http::Reply& reply) {
  daemon_.wiring().cards().revoke(did,
                                  [reply](const Result<agents::Published, parts::Refusal>& result) {
                                    if (!result) return reply(refuse(result.error()));
                                    reply(answer({{"did", result->did},
                                                  {"sequence", result->sequence},
                                                  {"revoked", true},
                                                  {"stored", result->stored}}));
                                  });
}

}  // namespace mycel::control
