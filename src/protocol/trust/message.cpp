#include "protocol/trust/message.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mycel::trust {
namespace {

using wire::Fault;

enum class Kind : std::uint8_t { offer = 1, wanted, evidence, verdict };

// What a body says behind its kind.

Bytes body_of(Kind kind, ByteView rest) {
  std::vector<std::byte> bytes{static_cast<std::byte>(kind)};
  append(bytes, rest);
  return Bytes(std::move(bytes));
}

Bytes encode_names(Kind kind, std::vector<Name> names) {
  std::ranges::sort(names);
  std::vector<std::byte> bytes;
  bytes.reserve(names.size() * sizeof(Name));
  for (const Name& name : names) append(bytes, name.view());
  return body_of(kind, bytes);
}

Result<std::vector<Name>, Fault> decode_names(ByteView rest, std::size_t count_max) {
  if (rest.size() % sizeof(Name) != 0) return Err{Fault::truncated};
  if (rest.size() / sizeof(Name) > count_max) return Err{Fault::too_large};
  std::vector<Name> names;
  for (; !rest.empty(); rest = rest.subspan(sizeof(Name))) {
    Name name;
    std::ranges::copy(rest.first(sizeof(Name)), name.bytes.begin());
    if (!names.empty() && name <= names.back()) return Err{Fault::not_canonical};
    names.push_back(name);
  }
  return names;
}

Result<Message, Fault> decode_verdict(ByteView rest) {
  if (rest.empty()) return Err{Fault::truncated};
  if (rest.size() > 1) return Err{Fault::trailing_bytes};
  if (rest[0] > std::byte{1}) return Err{Fault::not_canonical};
  return Message{Verdict{rest[0] == std::byte{1}}};
}

template <class T>
Result<Message, Fault> as_message(Result<T, Fault> decoded) {
  if (!decoded) return Err{decoded.error()};
  return Message{*std::move(decoded)};
}

}  // namespace

Name name_of(const PeerId& peer) {
  return crypto::sha256(peer.view());
}

Bytes encode_evidence(const Evidence& evidence) {
  const ByteView peer = evidence.against.view();
  std::vector<std::byte> bytes{static_cast<std::byte>(evidence.kind),
                               static_cast<std::byte>(peer.size())};
  append(bytes, peer);
  append(bytes, evidence.proof);
  return Bytes(std::move(bytes));
}

Result<Evidence, Fault> decode_evidence(ByteView bytes) {
  constexpr std::size_t head = 2;
  if (bytes.size() < head) return Err{Fault::truncated};
  if (bytes[0] != static_cast<std::byte>(Evidence::Kind::witness_equivocation))
    return Err{Fault::unknown_kind};
  const auto size = std::to_integer<std::size_t>(bytes[1]);
  if (bytes.size() < head + size) return Err{Fault::truncated};
  const auto peer = PeerId::from_multihash(bytes.subspan(head, size));
  if (!peer) return Err{Fault::malformed};
  const ByteView proof = bytes.subspan(head + size);
  if (proof.size() > proof_size_max_bytes) return Err{Fault::too_large};
  return Evidence{Evidence::Kind::witness_equivocation, *peer, Bytes::copy(proof)};
}

Bytes encode(const Message& message) {
  if (const auto* offer = std::get_if<Offer>(&message))
    return encode_names(Kind::offer, offer->names);
  if (const auto* wanted = std::get_if<Wanted>(&message))
    return encode_names(Kind::wanted, wanted->names);
  if (const auto* evidence = std::get_if<Evidence>(&message))
    return body_of(Kind::evidence, encode_evidence(*evidence));
  const std::byte verdict{std::get_if<Verdict>(&message)->is_convicting};
  return body_of(Kind::verdict, {&verdict, 1});
}

Result<Message, Fault> decode(ByteView bytes) {
  if (bytes.empty()) return Err{Fault::truncated};
  const ByteView rest = bytes.subspan(1);
  switch (static_cast<Kind>(bytes[0])) {
    case Kind::offer: {
      auto names = decode_names(rest, offered_max);
      if (!names) return Err{names.error()};
      return Message{Offer{*std::move(names)}};
    }
    case Kind::wanted: {
      auto names = decode_names(rest, wanted_max);
      if (!names) return Err{names.error()};
      return Message{Wanted{*std::move(names)}};
    }
    case Kind::evidence:
      return as_message(decode_evidence(rest));
    case Kind::verdict:
      return decode_verdict(rest);
  }
  return Err{Fault::unknown_kind};
}

}  // namespace mycel::trust
