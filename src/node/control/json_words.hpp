#pragma once
// Words of the model as JSON, and JSON bodies as answers.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "protocol/dht/dht.hpp"

#include "node/parts/part_ports.hpp"
#include "runtime/http/message.hpp"

namespace mycel::control {

namespace json = boost::json;

http::Response answer(const json::object& body, unsigned status = 200);
/// 404 for what is not there, 409 for what was refused, 400 for what was not understood.
http::Response refuse(unsigned status, std::string_view reason, std::string_view text);
http::Response refuse(const parts::Refusal& why);

/// The body as an object, or none.
std::optional<json::object> body_of(const http::Request& request);
/// A text field of the body; empty when it is absent.
std::string text_field(const json::object& body, std::string_view name);
/// For changes while the store takes no writes.
http::Response unwritable(const std::string& why);

/// A parameter of the query, unescaped; empty when it is absent.
std::string parameter(const http::Request& request, std::string_view name);
/// Whether the asker insists that others are asked, whatever was found a moment ago.
bool is_fresh(const http::Request& request);

double to_ms(Duration span);
/// "2026-01-31T12:00:00Z".
std::string to_text(UnixTime time);
json::array to_json(const Addresses& addresses);
/// How a lookup went: hops, asked, messages, ms.
void add_facts(json::object& body, const dht::Facts& facts);
/// What is valid UTF-8, or none.
std::optional<std::string> as_utf8(ByteView bytes);
/// What a peer says of itself, fit for JSON and for a terminal: a control character becomes a
/// question mark, and so does every byte beyond ASCII when the whole is not valid UTF-8.
std::string printable(std::string_view text);

}  // namespace mycel::control
