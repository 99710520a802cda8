#include "node/control/json_words.hpp"

#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"

namespace mycel::control {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                           hex_digit(text[i + 2]) >= 0;
    if (!is_escape) {
      plain.push_back(text[i]);
      continue;
    }
    plain.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
    i += 2;
  }
  return plain;
}

}  // namespace

http::Response answer(const json::object& body, unsigned status) {
  return {.status = status, .type = "application/json", .body = json::serialize(body)};
}

http::Response refuse(unsigned status, std::string_view reason, std::string_view text) {
  return answer({{"error", printable(text)}, {"reason", reason}}, status);
}

http::Response refuse(const parts::Refusal& why) {
  return refuse(why.reason == "not_found" ? 404 : 409, why.reason, why.text);
}

std::optional<json::object> body_of(const http::Request& request) {
  boost::system::error_code malformed;
  const json::value body = json::parse(request.body, malformed);
  if (malformed || !body.is_object()) return std::nullopt;
  return body.get_object();
}

std::string text_field(const json::object& body, std::string_view name) {
  const auto* field = body.if_contains(name);
  return field != nullptr && field->is_string() ? std::string(field->get_string()) : std::string();
}

http::Response unwritable(const std::string& why) {
  return refuse(503, "store_failed",
                "this node's store takes no more writes (" + why +
                    "); free disk space or repair the disk, then restart the node");
}

std::string parameter(const http::Request& request, std::string_view name) {
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos)
      return unescape(pair.substr(equals + 1));
  }
  return {};
}

bool is_fresh(const http::Request& request) {
  return parameter(request, "fresh") == "1";
}

double to_ms(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

std::string to_text(UnixTime time) {
  const auto seconds = static_cast<std::time_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

json::array to_json(const Addresses& addresses) {
  json::array texts;
  for (const Multiaddr& address : addresses) texts.emplace_back(wire::to_text(address));
  return texts;
}

void add_facts(json::object& body, const dht::Facts& facts) {
  // A node of the own table is one hop away, whoever it names is two.
  body["hops"] = facts.asked == 0 ? 0U : facts.hops + 1;
  body["asked"] = facts.asked;
  body["messages"] = facts.messages;
  body["ms"] = to_ms(facts.duration);
}

// Well-formed UTF-8 only: RFC 3629, without surrogates and overlong forms.
std::optional<std::string> as_utf8(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t size = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if ((byte >= 0x80 && byte < 0xc2) || byte > 0xf4 || i + size > text.size()) return std::nullopt;
    std::uint32_t code = size == 1 ? byte : byte & (0xffU >> (size + 1));
    for (std::size_t k = 1; k < size; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return std::nullopt;
      code = (code << 6) | (next & 0x3fU);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      return std::nullopt;
    i += size;
  }
  return std::string(text);
}

std::string printable(std::string_view text) {
  const bool is_utf8 = as_utf8(as_bytes(text)).has_value();
  std::string shown(text);
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8)) c = '?';
  }
  return shown;
}

}  // namespace mycel::control
