#include "sim/sealed_value.hpp"

#include <array>
#include <cstring>
#include <string>

#include "sim/world.hpp"

namespace mycel::sim {
namespace {

constexpr std::string_view prefix = "/sim/";
constexpr std::uint64_t secret = 0x5ea1'ed0f'5111'0001;
constexpr std::size_t head_size = 16;

std::uint64_t seal_of(ByteView key, std::uint64_t version, ByteView text) {
  Fingerprint print;
  print.fold(secret);
  print.fold(key);
  print.fold(version);
  print.fold(text);
  return print.value();
}

std::uint64_t word_at(ByteView bytes, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

dht::Verdict judge(ByteView key, ByteView value) {
  return open_sealed(key, value) ? dht::Verdict::valid : dht::Verdict::bad_signature;
}

// Equal versions differ only when an author lies; then the greater bytes win everywhere.
int compare_sealed(ByteView a, ByteView b) {
  const std::uint64_t left = word_at(a, 0);
  const std::uint64_t right = word_at(b, 0);
  if (left != right) return left > right ? 1 : -1;
  const auto order = compare(a, b);
  return order > 0 ? 1 : order < 0 ? -1 : 0;
}

}  // namespace

Bytes seal(ByteView key, std::uint64_t version, std::string_view text) {
  const std::array<std::uint64_t, 2> head{version, seal_of(key, version, as_bytes(text))};
  std::string value(head_size, '\0');
  std::memcpy(value.data(), head.data(), head_size);
  return Bytes::copy(value.append(text));
}

std::optional<std::uint64_t> open_sealed(ByteView key, ByteView value) {
  if (value.size() < head_size) return std::nullopt;
  const std::uint64_t version = word_at(value, 0);
  if (word_at(value, 8) != seal_of(key, version, value.subspan(head_size))) return std::nullopt;
  return version;
}

dht::Namespace sealed_namespace() {
  return {.prefix = std::string(prefix),
          .validate = [](ByteView key, ByteView value, UnixTime) { return judge(key, value); },
          .better = [](ByteView, ByteView a, ByteView b) { return compare_sealed(a, b); }};
}

Bytes sealed_key(std::uint32_t author, std::uint32_t item) {
  return Bytes::copy(std::string(prefix) + std::to_string(author) + "/" + std::to_string(item));
}

}  // namespace mycel::sim
