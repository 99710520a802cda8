#include "protocol/session/hello_message.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "foundation/base/check.hpp"
#include "foundation/wire/proto.hpp"

namespace mycel::session {
namespace {

using wire::Fault;

constexpr std::uint32_t version_field = 1;
constexpr std::uint32_t minimum_field = 2;
constexpr std::uint32_t network_field = 3;
constexpr std::uint32_t feature_field = 4;
constexpr std::uint32_t extension_field = 5;
constexpr std::uint32_t certificate_field = 6;
constexpr std::uint32_t join_proof_field = 7;
constexpr std::uint32_t key_field = 1;    // of an extension
constexpr std::uint32_t value_field = 2;  // of an extension

bool is_visible(char c) {
  return c > ' ' && c <= '~';
}

bool is_extension_key(std::string_view key) {
  return !key.empty() && key.size() <= extension_key_size_max &&
         std::ranges::all_of(key, is_visible);
}

Result<void, Fault> read_extension(ByteView entry, std::map<std::string, Bytes>& extensions) {
  std::string_view key;
  ByteView value;
  wire::ProtoReader reader(entry);
  while (const auto field = reader.next()) {
    if (field->is_bytes(key_field)) key = as_text(field->bytes);
    if (field->is_bytes(value_field)) value = field->bytes;
  }
  if (!reader.ok() || !is_extension_key(key)) return Err{Fault::malformed};
  if (value.size() > extension_size_max_bytes || extensions.size() == extensions_max)
    return Err{Fault::too_large};
  if (!extensions.emplace(key, Bytes::copy(value)).second) return Err{Fault::not_canonical};
  return {};
}

/// The message while it is read.
struct Reading {
  HelloMessage message;
  std::optional<ByteView> version;
  std::optional<ByteView> minimum;

  Result<void, Fault> read(const wire::ProtoField& field) {
    if (field.kind != wire::ProtoField::Kind::bytes) return {};
    switch (field.id) {
      case version_field:
        version = field.bytes;
        return {};
      case minimum_field:
        minimum = field.bytes;
        return {};
      case network_field:
        message.network = std::string(as_text(field.bytes));
        return {};
      case feature_field:
        return read_feature(as_text(field.bytes));
      case extension_field:
        return read_extension(field.bytes, message.extensions);
      case certificate_field:
        if (field.bytes.size() > certificate_size_max_bytes) return Err{Fault::too_large};
        message.certificate = Bytes::copy(field.bytes);
        return {};
      case join_proof_field:
        if (field.bytes.size() != join_proof_size_bytes) return Err{Fault::malformed};
        message.join_proof = Bytes::copy(field.bytes);
        return {};
      default:
        return {};
    }
  }

  Result<void, Fault> read_feature(std::string_view name) {
    if (name.size() > feature_size_max || message.features.size() == features_max)
      return Err{Fault::too_large};
    if (!is_feature_name(name)) return Err{Fault::malformed};
    message.features.emplace_back(name);
    return {};
  }

  Result<HelloMessage, Fault> finish() {
    if (!version || !minimum || message.network.empty()) return Err{Fault::missing_field};
    const auto spoken = parse_version(as_text(*version));
    const auto oldest = parse_version(as_text(*minimum));
    if (!spoken || !oldest || *oldest > *spoken || !is_network_name(message.network))
      return Err{Fault::malformed};
    message.version = *spoken;
    message.minimum = *oldest;
    std::ranges::sort(message.features);
    const auto repeated = std::ranges::unique(message.features);
    message.features.erase(repeated.begin(), repeated.end());
    return std::move(message);
  }
};

}  // namespace

bool is_feature_name(std::string_view name) {
  return !name.empty() && name.size() <= feature_size_max && std::ranges::all_of(name, is_visible);
}

Bytes encode(const HelloMessage& message) {
  wire::ProtoWriter writer;
  writer.text(version_field, to_text(message.version))
      .text(minimum_field, to_text(message.minimum))
      .text(network_field, message.network);
  for (const std::string& feature : message.features) writer.text(feature_field, feature);
  for (const auto& [key, value] : message.extensions) {
    wire::ProtoWriter entry;
    entry.text(key_field, key);
    if (!value.empty()) entry.bytes(value_field, value);
    writer.message(extension_field, entry);
  }
  if (!message.certificate.empty()) writer.bytes(certificate_field, message.certificate);
  if (!message.join_proof.empty()) writer.bytes(join_proof_field, message.join_proof);
  check(writer.size() <= hello_size_max_bytes, "a hello keeps its bounds");
  return writer.take();
}

Result<HelloMessage, Fault> decode_hello(ByteView body) {
  if (body.size() > hello_size_max_bytes) return Err{Fault::too_large};
  Reading reading;
  wire::ProtoReader reader(body);
  while (const auto field = reader.next())
    if (const auto result = reading.read(*field); !result) return Err{result.error()};
  if (!reader.ok()) return Err{Fault::malformed};
  return reading.finish();
}

}  // namespace mycel::session
