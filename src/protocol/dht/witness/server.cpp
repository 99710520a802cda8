#include "protocol/dht/witness/server.hpp"

#include <algorithm>
#include <utility>

#include "foundation/wire/key.hpp"

#include "protocol/dht/witness/fixed_bytes.hpp"

namespace mycel::dht::witness {
namespace {

constexpr std::string_view slot_key = "witness/slot";

Bytes encode_slot(Slot slot) {
  return FixedWriter(8).number(slot.value(), 8).take();
}

bool is_nearest_first(const Point& key, const std::vector<Point>& list) {
  return std::ranges::is_sorted(
      list, [&](const Point& a, const Point& b) { return is_nearer(key, a, b); });
}

}  // namespace

bool Server::load(ByteView key, ByteView value) {
  if (!equal(key, as_bytes(slot_key)) || value.size() != 8) return false;
  FixedReader reader(value);
  lists_.load(Slot{reader.number(8)});
  return true;
}

// Whoever asks too often gets no signature, not even under a rejection: signing is the cost.
void Server::on_request(Now now, Desk& desk, InboundId inbound, const PeerId& from,
                        const Request& request) {
  desk.counters.requests += 1;
  if (!limit_.allows(now.instant, from) ||
      checking_.size() + signing_.size() >= desk.config.serving_max) {
    desk.counters.streams_refused += 1;
    desk.output.refusals.push_back(inbound);
    return;
  }
  const Pending pending{inbound, request};
  if (const auto reason = judge(now, desk, from, request.draw))
    return reject(now, desk, pending, *reason);
  checking_.emplace(desk.check_signatures({challenge_check(request.draw)}), pending);
}

std::optional<Refusal> Server::judge(Now now, const Desk& desk, const PeerId& from,
                                     const Draw& draw) {
  const Operation& operation = draw.operation;
  if (wire::ed25519_key(from) != operation.source) return Refusal::wrong_source;
  if (desk.self == operation.source || desk.self == operation.target) return Refusal::own_operation;
  const View view = desk.view(now);
  if (const auto wrong = check_draw(view, draw)) return wrong;
  if (!is_eligible(view.rules, view.nodes, draw.drawn_point(), desk.config.self))
    return Refusal::not_eligible;
  switch (seen_.note(now.unix, draw.digest(), operation.time + view.rules.age_max)) {
    case ReplayWindow::Seen::first:
      return std::nullopt;
    case ReplayWindow::Seen::again:
      return Refusal::replayed;
    case ReplayWindow::Seen::full:
      return Refusal::overloaded;
  }
  return std::nullopt;
}

bool Server::on_checked(Now now, Desk& desk, CheckId id, std::span<const bool> genuine) {
  const auto found = checking_.extract(id);
  if (!found) return false;
  if (genuine.front())
    attest(now, desk, found.mapped());
  else
    reject(now, desk, found.mapped(), Refusal::bad_challenge);
  return true;
}

void Server::attest(Now now, Desk& desk, const Pending& pending) {
  const Draw& draw = pending.request.draw;
  const Operation& operation = draw.operation;
  const auto list = lists_.list(now.unix, operation.key, desk.around.nearest);
  if (!list) return reject(now, desk, pending, list.error());
  check(is_nearest_first(operation.key, list->neighbours), "a list names the nearest first");
  if (list->is_new_slot) {
    desk.output.persist.push_back(
        {Table::meta, Bytes::copy(slot_key), encode_slot(slot_of(now.unix))});
    desk.output.durability = Durability::synced;
  }
  Attestation word{.request = draw.digest(),
                   .signer = desk.self,
                   .key = operation.key,
                   .time = now.unix,
                   .source = desk.around.observed(wire::peer_id_of(operation.source)),
                   .target = desk.around.observed(wire::peer_id_of(operation.target)),
                   .neighbours = list->neighbours};
  const Bytes body = encode(word);
  sign(desk, pending, std::move(word), body);
}

void Server::reject(Now now, Desk& desk, const Pending& pending, Refusal reason) {
  desk.counters.rejected.add(reason);
  const Rejection word{pending.request.draw.digest(), desk.self, now.unix, reason};
  sign(desk, pending, word, encode(word));
}

void Server::sign(Desk& desk, const Pending& pending, std::variant<Attestation, Rejection> word,
                  const Bytes& body) {
  signing_.emplace(desk.sign(OwnKey::attestation, body),
                   Signing{pending.inbound, std::move(word), body, pending.request.wants_key});
}

bool Server::on_signed(Desk& desk, SignId id, const Bytes& signature) {
  auto found = signing_.extract(id);
  if (!found) return false;
  Signing& signing = found.mapped();
  Response response;
  if (auto* attestation = std::get_if<Attestation>(&signing.word)) {
    desk.counters.attested += 1;
    response.word = SignedAttestation{std::move(*attestation), signing.body, signature};
  } else {
    response.word =
        SignedRejection{*std::get_if<Rejection>(&signing.word), signing.body, signature};
  }
  if (signing.wants_key) response.key = desk.config.key;
  desk.output.answers.push_back({signing.inbound, encode(response)});
  return true;
}

}  // namespace mycel::dht::witness
