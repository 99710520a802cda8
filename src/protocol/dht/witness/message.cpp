#include "protocol/dht/witness/message.hpp"

#include <algorithm>
#include <utility>

#include "protocol/dht/witness/fixed_bytes.hpp"
#include "protocol/dht/witness/fixed_values.hpp"
#include "protocol/dht/witness/signed_codec.hpp"

namespace mycel::dht::witness {
namespace {

enum class Kind : std::uint8_t { opening = 1, challenge, request, response, proof, verdict };

void write(FixedWriter& to, const Operation& operation) {
  to.bytes(operation.id.bytes)
      .number(static_cast<std::uint64_t>(operation.kind), 1)
      .bytes(operation.source.bytes)
      .bytes(operation.target.bytes)
      .bytes(operation.key.bytes)
      .number(operation.data ? 1 : 0, 1)
      .bytes(operation.data.value_or(crypto::Digest{}).bytes);
  write_time(to, operation.time);
  to.bytes(operation.commitment.bytes);
}

OperationKind read_operation_kind(FixedReader& from) {
  const std::uint64_t number = from.number(1);
  if (number < 1 || number > static_cast<std::uint64_t>(OperationKind::batch))
    from.fail(wire::Fault::unknown_kind);
  return static_cast<OperationKind>(number);
}

std::optional<crypto::Digest> read_optional_digest(FixedReader& from) {
  if (from.flag()) return read_digest(from);
  from.zeros(32);
  return std::nullopt;
}

Operation read_operation(FixedReader& from) {
  Operation operation;
  operation.id.bytes = from.array<16>();
  operation.kind = read_operation_kind(from);
  operation.source = read_peer(from);
  operation.target = read_peer(from);
  operation.key = read_digest(from);
  operation.data = read_optional_digest(from);
  operation.time = read_time(from);
  operation.commitment = read_digest(from);
  return operation;
}

void write(FixedWriter& to, const Challenge& challenge) {
  to.bytes(challenge.nonce.bytes).bytes(challenge.signature.bytes);
}

Challenge read_challenge(FixedReader& from) {
  Challenge challenge;
  challenge.nonce.bytes = from.array<32>();
  challenge.signature.bytes = from.array<crypto::ed25519_signature_size_bytes>();
  return challenge;
}

void write(FixedWriter& to, const Draw& draw) {
  write(to, draw.operation);
  write(to, draw.challenge);
  to.bytes(draw.source_nonce.bytes);
}

Draw read_draw(FixedReader& from) {
  Draw draw;
  draw.operation = read_operation(from);
  draw.challenge = read_challenge(from);
  draw.source_nonce.bytes = from.array<32>();
  return draw;
}

FixedWriter& write_kind(FixedWriter& to, Kind kind) {
  return to.number(static_cast<std::uint64_t>(kind), 1);
}

struct Encoder {
  FixedWriter& to;

  void operator()(const Opening& opening) const {
    write(write_kind(to, Kind::opening), opening.operation);
  }
  void operator()(const Challenge& challenge) const {
    write(write_kind(to, Kind::challenge), challenge);
  }
  void operator()(const Request& request) const {
    write(write_kind(to, Kind::request), request.draw);
    to.number(request.wants_key ? 1 : 0, 1);
  }
  void operator()(const Response& response) const {
    const auto* attestation = std::get_if<SignedAttestation>(&response.word);
    write_kind(to, Kind::response).number(attestation != nullptr ? 1 : 0, 1);
    if (attestation != nullptr)
      write_signed(to, *attestation);
    else
      write_signed(to, *std::get_if<SignedRejection>(&response.word));
    write_optional_key(to, response.key);
  }
  void operator()(const Proof& proof) const {
    check(proof.parts.size() <= attestations_max, "a proof holds no more than may be read");
    write(write_kind(to, Kind::proof), proof.draw);
    to.number(proof.parts.size(), 1);
    for (const ProofPart& part : proof.parts) {
      write_signed(to, part.attestation);
      write_optional_key(to, part.key);
    }
  }
  void operator()(const Verdict& verdict) const {
    write_kind(to, Kind::verdict)
        .number(verdict.refusal ? static_cast<std::uint64_t>(*verdict.refusal) : 0, 1);
  }
};

Response read_response(FixedReader& from) {
  Response response;
  if (from.flag())
    response.word = read_attestation(from);
  else
    response.word = read_rejection(from);
  response.key = read_optional_key(from);
  return response;
}

Proof read_proof(FixedReader& from) {
  Proof proof{.draw = read_draw(from)};
  const std::uint64_t count = from.number(1);
  if (count > attestations_max) from.fail(wire::Fault::too_large);
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    ProofPart part{.attestation = read_attestation(from)};
    part.key = read_optional_key(from);
    proof.parts.push_back(std::move(part));
  }
  return proof;
}

Verdict read_verdict(FixedReader& from) {
  const std::uint64_t number = from.number(1);
  if (number == 0) return {};
  if (number > refusal_count) from.fail(wire::Fault::unknown_kind);
  return {static_cast<Refusal>(number)};
}

Message read_message(FixedReader& from) {
  switch (static_cast<Kind>(from.number(1))) {
    case Kind::opening:
      return Opening{read_operation(from)};
    case Kind::challenge:
      return read_challenge(from);
    case Kind::request: {
      Request request{.draw = read_draw(from)};
      request.wants_key = from.flag();
      return request;
    }
    case Kind::response:
      return read_response(from);
    case Kind::proof:
      return read_proof(from);
    case Kind::verdict:
      return read_verdict(from);
  }
  from.fail(wire::Fault::unknown_kind);
  return Verdict{};
}

}  // namespace

crypto::Digest commitment_to(const OperationId& id, const PeerKey& source, const Nonce& nonce) {
  FixedWriter writer(tag_size_bytes + 16 + 32 + 32);
  writer.tag("mycel-witness-commitment-1").bytes(id.bytes).bytes(source.bytes).bytes(nonce.bytes);
  return crypto::sha256(writer.take());
}

Bytes challenge_bytes(const Operation& operation, const Nonce& target_nonce) {
  FixedWriter writer(tag_size_bytes + operation_size_bytes + 32);
  writer.tag("mycel-witness-challenge-1");
  write(writer, operation);
  return writer.bytes(target_nonce.bytes).take();
}

crypto::Digest Draw::digest() const {
  FixedWriter writer(tag_size_bytes + operation_size_bytes + 64);
  writer.tag("mycel-witness-request-1");
  write(writer, operation);
  writer.bytes(challenge.nonce.bytes).bytes(source_nonce.bytes);
  return crypto::sha256(writer.take());
}

crypto::Digest Draw::drawn_key() const {
  FixedWriter writer(tag_size_bytes + 32 + 8 + 64);
  writer.tag("mycel-witness-draw-1")
      .bytes(operation.key.bytes)
      .number(slot_of(operation.time).value(), 8)
      .bytes(source_nonce.bytes)
      .bytes(challenge.nonce.bytes);
  return crypto::sha256(writer.take());
}

Point Draw::drawn_point() const {
  return crypto::sha256(drawn_key().view());
}

Bytes encode(const Message& message) {
  FixedWriter writer(8192);
  std::visit(Encoder{writer}, message);
  return writer.take();
}

Result<Message, wire::Fault> decode(ByteView bytes) {
  if (bytes.size() > message_size_max_bytes) return Err{wire::Fault::too_large};
  FixedReader reader(bytes);
  Message message = read_message(reader);
  return reader.finish(std::move(message));
}

}  // namespace mycel::dht::witness
