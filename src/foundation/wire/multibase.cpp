#include "foundation/wire/multibase.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace mycel::wire {
namespace {

using Values = std::array<std::int8_t, 256>;

/// What each character stands for, -1 for none.
constexpr Values values_of(std::string_view alphabet) {
  Values values{};
  values.fill(-1);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}

constexpr std::string_view base58_alphabet =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view base32_alphabet = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view base64url_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr Values base58_values = values_of(base58_alphabet);
constexpr Values base32_values = values_of(base32_alphabet);
constexpr Values base64url_values = values_of(base64url_alphabet);

int value_of(const Values& values, char letter) {
  return values[static_cast<unsigned char>(letter)];
}

/// `number`, little-endian digits in base `to`, becomes number * from + digit.
void push_digit(std::vector<std::uint8_t>& number, unsigned from, unsigned to, unsigned digit) {
  unsigned carry = digit;
  for (std::uint8_t& place : number) {
    carry += place * from;
    place = static_cast<std::uint8_t>(carry % to);
    carry /= to;
  }
  for (; carry != 0; carry /= to) number.push_back(static_cast<std::uint8_t>(carry % to));
}

/// Digits of `bits` bits each, most significant first, the last one filled up with zeros.
std::string to_power_of_two(ByteView bytes, unsigned bits, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() * 8 + bits - 1) / bits);
  const unsigned mask = (1U << bits) - 1;
  unsigned held = 0;
  unsigned held_bits = 0;
  for (const std::byte byte : bytes) {
    held = (held << 8 | std::to_integer<unsigned>(byte)) & 0xffff;
    for (held_bits += 8; held_bits >= bits; held_bits -= bits)
      text.push_back(alphabet[held >> (held_bits - bits) & mask]);
  }
  if (held_bits > 0) text.push_back(alphabet[held << (bits - held_bits) & mask]);
  return text;
}

Result<Bytes, Fault> parse_power_of_two(std::string_view text, unsigned bits,
                                        const Values& values) {
  if (text.size() > base_text_size_max_bytes) return Err{Fault::too_large};
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() * bits / 8);
  unsigned held = 0;
  unsigned held_bits = 0;
  for (const char letter : text) {
    const int value = value_of(values, letter);
    if (value < 0) return Err{Fault::malformed};
    held = (held << bits | static_cast<unsigned>(value)) & 0xffff;
    held_bits += bits;
    if (held_bits < 8) continue;
    held_bits -= 8;
    bytes.push_back(static_cast<std::byte>(held >> held_bits));
  }
  // A whole letter that carries no bit of any byte, or bits set where none are carried.
  if (held_bits >= bits) return Err{Fault::malformed};
  if ((held & ((1U << held_bits) - 1)) != 0) return Err{Fault::not_canonical};
  return Bytes(std::move(bytes));
}

}  // namespace

std::string to_base58(ByteView bytes) {
  const auto content = std::ranges::find_if(bytes, [](std::byte b) { return b != std::byte{0}; });
  std::string text(static_cast<std::size_t>(content - bytes.begin()), base58_alphabet[0]);
  std::vector<std::uint8_t> digits;
  for (const std::byte byte : bytes.subspan(text.size()))
    push_digit(digits, 256, 58, std::to_integer<unsigned>(byte));
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    text.push_back(base58_alphabet[*digit]);
  return text;
}

Result<Bytes, Fault> parse_base58(std::string_view text) {
  if (text.size() > base58_size_max_bytes) return Err{Fault::too_large};
  const std::size_t zeros = std::min(text.find_first_not_of(base58_alphabet[0]), text.size());
  std::vector<std::uint8_t> digits;
  for (const char letter : text.substr(zeros)) {
    const int value = value_of(base58_values, letter);
    if (value < 0) return Err{Fault::malformed};
    push_digit(digits, 58, 256, static_cast<unsigned>(value));
  }
  std::vector<std::byte> bytes(zeros);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    bytes.push_back(static_cast<std::byte>(*digit));
  return Bytes(std::move(bytes));
}

std::string to_base32(ByteView bytes) {
  return to_power_of_two(bytes, 5, base32_alphabet);
}
Result<Bytes, Fault> parse_base32(std::string_view text) {
  return parse_power_of_two(text, 5, base32_values);
}
std::string to_base64url(ByteView bytes) {
  return to_power_of_two(bytes, 6, base64url_alphabet);
}
Result<Bytes, Fault> parse_base64url(std::string_view text) {
  return parse_power_of_two(text, 6, base64url_values);
}

std::string to_multibase(Base base, ByteView bytes) {
  const std::string letter(1, static_cast<char>(base));
  switch (base) {
    case Base::base58btc:
      return letter + to_base58(bytes);
    case Base::base32:
      return letter + to_base32(bytes);
    case Base::base64url:
      return letter + to_base64url(bytes);
  }
  return {};
}

Result<Bytes, Fault> parse_multibase(std::string_view text) {
  if (text.empty()) return Err{Fault::truncated};
  const std::string_view rest = text.substr(1);
  switch (static_cast<Base>(text[0])) {
    case Base::base58btc:
      return parse_base58(rest);
    case Base::base32:
      return parse_base32(rest);
    case Base::base64url:
      return parse_base64url(rest);
  }
  return Err{Fault::unknown_kind};
}

}  // namespace mycel::wire
