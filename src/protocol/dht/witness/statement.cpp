#include "protocol/dht/witness/statement.hpp"

#include <bit>

#include "protocol/dht/witness/fixed_bytes.hpp"
#include "protocol/dht/witness/fixed_values.hpp"

namespace mycel::dht::witness {
namespace {

constexpr std::string_view attestation_tag = "mycel-witness-attestation-1";
constexpr std::string_view rejection_tag = "mycel-witness-rejection-1";
constexpr std::string_view key_bundle_tag = "mycel-witness-key-1";

enum class Family : std::uint8_t { none = 0, ipv4 = 4, ipv6 = 6 };

Family family_of(const std::optional<Endpoint>& endpoint) {
  if (!endpoint) return Family::none;
  return endpoint->is_ipv6 ? Family::ipv6 : Family::ipv4;
}

void write(FixedWriter& to, const Observation& seen) {
  const Endpoint endpoint = seen.endpoint.value_or(Endpoint{});
  to.number(static_cast<std::uint64_t>(family_of(seen.endpoint)), 1)
      .bytes(endpoint.ip)
      .number(endpoint.port, 2)
      .number(seen.round_trip.value(), 1);
}

std::optional<Endpoint> read_endpoint(FixedReader& from) {
  const auto family = static_cast<Family>(from.number(1));
  Endpoint endpoint{.is_ipv6 = family == Family::ipv6};
  switch (family) {
    case Family::none:
      from.zeros(18);
      return std::nullopt;
    case Family::ipv4: {
      const auto ip = from.array<4>();
      std::ranges::copy(ip, endpoint.ip.begin());
      from.zeros(12);
      break;
    }
    case Family::ipv6:
      endpoint.ip = from.array<16>();
      break;
    default:
      from.fail(wire::Fault::unknown_kind);
      return std::nullopt;
  }
  endpoint.port = static_cast<std::uint16_t>(from.number(2));
  return endpoint;
}

Observation read_observation(FixedReader& from) {
  Observation seen{.endpoint = read_endpoint(from)};
  seen.round_trip = RoundTrip{static_cast<std::uint8_t>(from.number(1))};
  if (seen.round_trip > round_trip_longest) from.fail(wire::Fault::malformed);
  return seen;
}

void write_neighbours(FixedWriter& to, const std::vector<Point>& neighbours) {
  check(neighbours.size() <= neighbours_max, "a list has at most twenty places");
  to.number(neighbours.size(), 1);
  for (const Point& neighbour : neighbours) to.bytes(neighbour.bytes);
  const std::vector<std::byte> unused((neighbours_max - neighbours.size()) * 32);
  to.bytes(unused);
}

// One order only, so that two lists differ exactly when they name different nodes.
std::vector<Point> read_neighbours(FixedReader& from, const Point& key) {
  const std::uint64_t count = from.number(1);
  if (count > neighbours_max) {
    from.fail(wire::Fault::too_large);
    return {};
  }
  std::vector<Point> neighbours;
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    neighbours.push_back(read_digest(from));
    if (i > 0 && !is_nearer(key, neighbours[i - 1], neighbours[i]))
      from.fail(wire::Fault::not_canonical);
  }
  from.zeros((neighbours_max - static_cast<std::size_t>(count)) * 32);
  return neighbours;
}

}  // namespace

RoundTrip round_trip_of(std::optional<Duration> measured) {
  if (!measured) return {};
  const auto whole = static_cast<std::uint64_t>(std::max<std::int64_t>(0, milliseconds(*measured)));
  const auto bucket = static_cast<std::uint8_t>(std::bit_width(whole) + 1);
  return std::min(RoundTrip{bucket}, round_trip_longest);
}

Bytes encode(const Attestation& attestation) {
  FixedWriter writer(attestation_size_bytes);
  writer.tag(attestation_tag)
      .bytes(attestation.request.bytes)
      .bytes(attestation.signer.bytes)
      .bytes(attestation.key.bytes);
  write_time(writer, attestation.time);
  write(writer, attestation.source);
  write(writer, attestation.target);
  write_neighbours(writer, attestation.neighbours);
  return writer.take();
}

Bytes encode(const Rejection& rejection) {
  FixedWriter writer(rejection_size_bytes);
  writer.tag(rejection_tag).bytes(rejection.request.bytes).bytes(rejection.signer.bytes);
  write_time(writer, rejection.time);
  writer.number(static_cast<std::uint64_t>(rejection.reason), 1);
  return writer.take();
}

Bytes encode(const KeyBundle& bundle) {
  check(bundle.attestation_key.size() == crypto::ml_dsa_65_public_key_size_bytes,
        "a bundle holds an ML-DSA-65 key");
  FixedWriter writer(key_bundle_size_bytes);
  writer.tag(key_bundle_tag).bytes(bundle.peer.bytes);
  write_time(writer, bundle.from);
  write_time(writer, bundle.until);
  writer.bytes(bundle.attestation_key);
  return writer.take();
}

Result<Attestation, wire::Fault> decode_attestation(ByteView body) {
  FixedReader reader(body);
  reader.tag(attestation_tag);
  Attestation attestation;
  attestation.request = read_digest(reader);
  attestation.signer = read_peer(reader);
  attestation.key = read_digest(reader);
  attestation.time = read_time(reader);
  attestation.source = read_observation(reader);
  attestation.target = read_observation(reader);
  attestation.neighbours = read_neighbours(reader, attestation.key);
  return reader.finish(std::move(attestation));
}

Result<Rejection, wire::Fault> decode_rejection(ByteView body) {
  FixedReader reader(body);
  reader.tag(rejection_tag);
  Rejection rejection;
  rejection.request = read_digest(reader);
  rejection.signer = read_peer(reader);
  rejection.time = read_time(reader);
  rejection.reason = read_reason(reader);
  return reader.finish(rejection);
}

Result<KeyBundle, wire::Fault> decode_key_bundle(ByteView body) {
  FixedReader reader(body);
  reader.tag(key_bundle_tag);
  KeyBundle bundle;
  bundle.peer = read_peer(reader);
  bundle.from = read_time(reader);
  bundle.until = read_time(reader);
  bundle.attestation_key = Bytes::copy(reader.bytes(crypto::ml_dsa_65_public_key_size_bytes));
  return reader.finish(std::move(bundle));
}

SignedKeyBundle sign_key_bundle(const KeyBundle& bundle,
                                const crypto::Ed25519PrivateKey& peer_key) {
  const Bytes body = encode(bundle);
  return {bundle, body, Bytes::copy(peer_key.sign(body).view())};
}

}  // namespace mycel::dht::witness
