#include "foundation/wire/envelope.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "foundation/wire/frame.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::wire {
namespace {

constexpr std::uint32_t key_field = 1;
constexpr std::uint32_t payload_type_field = 2;
constexpr std::uint32_t payload_field = 3;
constexpr std::uint32_t signature_field = 5;

struct Fields {
  std::optional<ByteView> key;
  std::optional<ByteView> payload_type;
  std::optional<ByteView> payload;
  std::optional<ByteView> signature;

  /// Where that field belongs; null for fields of later versions.
  std::optional<ByteView>* place_of(const ProtoField& field) {
    if (field.is_bytes(key_field)) return &key;
    if (field.is_bytes(payload_type_field)) return &payload_type;
    if (field.is_bytes(payload_field)) return &payload;
    if (field.is_bytes(signature_field)) return &signature;
    return nullptr;
  }
};

Result<Fields, Fault> read_fields(ByteView bytes) {
  Fields fields;
  ProtoReader reader(bytes);
  while (const auto field = reader.next()) {
    auto* place = fields.place_of(*field);
    if (place == nullptr) continue;
    if (*place) return Err{Fault::not_canonical};
    *place = field->bytes;
  }
  if (!reader.ok()) return Err{Fault::malformed};
  return fields;
}

}  // namespace

Bytes signing_bytes(std::string_view domain, ByteView payload_type, ByteView payload) {
  std::vector<std::byte> bytes;
  append_frame(bytes, as_bytes(domain));
  append_frame(bytes, payload_type);
  append_frame(bytes, payload);
  return Bytes(std::move(bytes));
}

Bytes seal(const crypto::Ed25519PrivateKey& key, std::string_view domain, ByteView payload_type,
           ByteView payload) {
  const auto signature = key.sign(signing_bytes(domain, payload_type, payload));
  return encode(Envelope{to_public_key(key.public_key()), Bytes::copy(payload_type),
                         Bytes::copy(payload), Bytes::copy(signature.view())});
}

Bytes encode(const Envelope& envelope) {
  ProtoWriter writer;
  writer.bytes(key_field, encode(envelope.key))
      .bytes(payload_type_field, envelope.payload_type)
      .bytes(payload_field, envelope.payload)
      .bytes(signature_field, envelope.signature);
  return writer.take();
}

Result<Envelope, Fault> decode_envelope(ByteView bytes) {
  if (bytes.size() > envelope_size_max_bytes) return Err{Fault::too_large};
  const auto fields = read_fields(bytes);
  if (!fields) return Err{fields.error()};
  if (!fields->key || !fields->payload_type || !fields->payload || !fields->signature)
    return Err{Fault::missing_field};
  auto key = decode_public_key(*fields->key);
  if (!key) return Err{key.error()};
  return Envelope{*std::move(key), Bytes::copy(*fields->payload_type),
                  Bytes::copy(*fields->payload), Bytes::copy(*fields->signature)};
}

Result<Envelope, Fault> open_envelope(ByteView bytes, std::string_view domain,
                                      ByteView payload_type) {
  auto envelope = decode_envelope(bytes);
  if (!envelope) return envelope;
  if (!equal(envelope->payload_type, payload_type)) return Err{Fault::unknown_kind};
  const auto key = ed25519_key(envelope->key);
  if (!key) return Err{Fault::unknown_kind};
  const Bytes signed_bytes = signing_bytes(domain, payload_type, envelope->payload);
  if (!crypto::verify(*key, signed_bytes, envelope->signature)) return Err{Fault::bad_signature};
  return envelope;
}

}  // namespace mycel::wire
