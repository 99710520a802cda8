#include "runtime/quic/identity_extension.hpp"

#include <cstdint>
#include <string_view>

#include "foundation/base/check.hpp"

namespace mycel::quic {
namespace {

constexpr std::string_view domain = "libp2p-tls-handshake:";
constexpr std::byte tag_sequence{0x30};
constexpr std::byte tag_octets{0x04};
constexpr std::size_t length_max = 0xffff;

void append_value(std::vector<std::byte>& to, std::byte tag, ByteView value) {
  check(value.size() <= length_max, "an identity extension is small");
  to.push_back(tag);
  const std::size_t size = value.size();
  if (size > 0xff) {
    to.push_back(std::byte{0x82});
    to.push_back(static_cast<std::byte>(size >> 8));
  } else if (size > 0x7f) {
    to.push_back(std::byte{0x81});
  }
  to.push_back(static_cast<std::byte>(size & 0xff));
  append(to, value);
}

/// Takes the length off the front. DER allows one spelling: the shortest.
std::optional<std::size_t> take_length(ByteView& der) {
  if (der.empty()) return std::nullopt;
  const auto first = std::to_integer<std::size_t>(der[0]);
  der = der.subspan(1);
  if (first < 0x80) return first;
  const std::size_t count = first & 0x7f;
  if (count == 0 || count > 2 || der.size() < count) return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 0; i < count; ++i)
    length = length << 8 | std::to_integer<std::size_t>(der[i]);
  der = der.subspan(count);
  const std::size_t shorter_max = count == 1 ? 0x7f : 0xff;
  if (length <= shorter_max) return std::nullopt;
  return length;
}

std::optional<ByteView> take_value(ByteView& der, std::byte tag) {
  if (der.empty() || der[0] != tag) return std::nullopt;
  der = der.subspan(1);
  const auto length = take_length(der);
  if (!length || *length > der.size()) return std::nullopt;
  const ByteView value = der.first(*length);
  der = der.subspan(*length);
  return value;
}

}  // namespace

std::vector<std::byte> identity_message(ByteView public_key_info) {
  std::vector<std::byte> message;
  message.reserve(domain.size() + public_key_info.size());
  append(message, as_bytes(domain));
  append(message, public_key_info);
  return message;
}

std::vector<std::byte> encode_identity(const IdentityExtension& identity) {
  std::vector<std::byte> inner;
  append_value(inner, tag_octets, identity.key);
  append_value(inner, tag_octets, identity.signature);
  std::vector<std::byte> der;
  append_value(der, tag_sequence, inner);
  return der;
}

std::optional<IdentityExtension> decode_identity(ByteView der) {
  auto inner = take_value(der, tag_sequence);
  if (!inner || !der.empty()) return std::nullopt;
  const auto key = take_value(*inner, tag_octets);
  if (!key) return std::nullopt;
  const auto signature = take_value(*inner, tag_octets);
  if (!signature || !inner->empty()) return std::nullopt;
  return IdentityExtension{*key, *signature};
}

}  // namespace mycel::quic
