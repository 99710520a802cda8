#include "apps/mycel/ask.hpp"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include <boost/json.hpp>

#include "foundation/wire/multibase.hpp"

#include "runtime/http/client.hpp"

#include "apps/mycel/print.hpp"
#include "apps/mycel/print_explain.hpp"
#include "apps/mycel/settings.hpp"

namespace mycel::app {
namespace {

namespace json = boost::json;

constexpr std::size_t file_size_max_bytes = 4 * 1024 * 1024;
// Longer than the node itself gives a lookup or a dial, so that its words arrive and not ours.
constexpr Duration mesh_patience = 90s;
// For what the node knows without asking anybody.
constexpr Duration node_patience = 10s;

/// A request to the node, or what is wrong with the words of the command.
using Question = Result<http::Request, std::string>;

Result<std::string, std::string> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Err{"cannot read " + path + ": no such file, or no permission"};
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (text.size() > file_size_max_bytes)
    return Err{path + " is larger than " + std::to_string(file_size_max_bytes) + " bytes"};
  return text;
}

std::string query_escape(std::string_view text) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string escaped;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      escaped.push_back(c);
    } else {
      char digits[4];
      std::snprintf(digits, sizeof digits, "%%%02X", static_cast<unsigned char>(c));
      escaped += digits;
    }
  }
  return escaped;
}

http::Request get(std::string path, std::string query = {}) {
  return {.method = "GET", .path = std::move(path), .query = std::move(query), .body = {}};
}
http::Request send(std::string method, std::string path, const json::object& body) {
  return {.method = std::move(method),
          .path = std::move(path),
          .query = {},
          .body = json::serialize(body)};
}

Question publish(const Arguments& arguments) {
  auto document = read_file(arguments.file);
  if (!document) return Err{document.error()};
  return send("POST", "/v1/cards", {{"document", *document}, {"source", arguments.file}});
}

Question put_record(const Arguments& arguments) {
  std::string value = arguments.second;
  if (!arguments.file.empty()) {
    auto content = read_file(arguments.file);
    if (!content) return Err{content.error()};
    value = *content;
  }
  return send("POST", "/v1/records",
              {{"key", arguments.first},
               {"value", wire::to_base64url(as_bytes(value))},
               {"unchecked", arguments.is_unchecked},
               {"all", arguments.is_all},
               {"witnessed", arguments.is_witnessed}});
}

Question create_shared(const Arguments& arguments) {
  json::array writers;
  for (const std::string& writer : arguments.writers) writers.emplace_back(writer);
  return send(
      "POST", "/v1/shared",
      {{"name", arguments.first}, {"writers", std::move(writers)}, {"agent", arguments.agent}});
}

Question set_shared(const Arguments& arguments) {
  std::string value = arguments.third;
  if (!arguments.file.empty()) {
    auto content = read_file(arguments.file);
    if (!content) return Err{content.error()};
    value = *content;
  }
  if (value.empty() && !arguments.is_cleared)
    return Err{"there is nothing to say; write --clear to take back what was said"};
  return send("POST", "/v1/shared/entries",
              {{"owner", arguments.first},
               {"name", arguments.second},
               {"value", wire::to_base64url(as_bytes(value))},
               {"agent", arguments.agent}});
}

/// How a value or a card is looked for, as parameters of the query.
std::string lookup_options(const Arguments& a) {
  std::string options;
  if (a.is_fresh) options += "&fresh=1";
  if (a.is_explained) options += "&explain=true";
  if (a.is_witnessed) options += "&witnessed=true";
  return options;
}

const std::map<std::string, Question (*)(const Arguments&)>& questions() {
  static const std::map<std::string, Question (*)(const Arguments&)> table{
      {"status", [](const Arguments&) -> Question { return get("/v1/status"); }},
      {"peers", [](const Arguments&) -> Question { return get("/v1/peers"); }},
      {"doctor", [](const Arguments&) -> Question { return get("/v1/doctor"); }},
      {"stop", [](const Arguments&) -> Question { return send("POST", "/v1/stop", {}); }},
      {"dial",
       [](const Arguments& a) -> Question {
         return send("POST", "/v1/dial", {{"address", a.first}, {"protocol", a.protocol}});
       }},
      {"ping",
       [](const Arguments& a) -> Question {
         return send("POST", "/v1/ping", {{"target", a.first}, {"count", a.count}});
       }},
      {"card publish", publish},
      {"card get",
       [](const Arguments& a) -> Question {
         return get("/v1/cards/" + a.first, lookup_options(a));
       }},
      {"card list", [](const Arguments&) -> Question { return get("/v1/cards"); }},
      {"card revoke",
       [](const Arguments& a) -> Question {
         return http::Request{
             .method = "DELETE", .path = "/v1/cards/" + a.first, .query = {}, .body = {}};
       }},
      {"record put", put_record},
      {"record get",
       [](const Arguments& a) -> Question {
         return get("/v1/records", "key=" + query_escape(a.first) +
                                       "&quorum=" + std::to_string(a.quorum) + lookup_options(a));
       }},
      {"shared create", create_shared},
      {"shared admit",
       [](const Arguments& a) -> Question {
         return send("POST", "/v1/shared/writers",
                     {{"name", a.first}, {"did", a.second}, {"agent", a.agent}});
       }},
      {"shared remove",
       [](const Arguments& a) -> Question {
         return http::Request{.method = "DELETE",
                              .path = "/v1/shared/writers",
                              .query = "name=" + query_escape(a.first) + "&did=" +
                                       query_escape(a.second) + "&agent=" + query_escape(a.agent),
                              .body = {}};
       }},
      {"shared set", set_shared},
      {"shared get",
       [](const Arguments& a) -> Question {
         return get("/v1/shared", "owner=" + query_escape(a.first) +
                                      "&name=" + query_escape(a.second) + lookup_options(a));
       }},
      {"dht witness",
       [](const Arguments& a) -> Question {
         return send("POST", "/v1/witness", {{"key", a.first}, {"at", a.second}});
       }},
      {"trust show", [](const Arguments&) -> Question { return get("/v1/trust"); }},
      {"record provide",
       [](const Arguments& a) -> Question {
         return send("POST", "/v1/providers", {{"cid", a.first}});
       }},
      {"record providers",
       [](const Arguments& a) -> Question {
         return get("/v1/providers",
                    "cid=" + query_escape(a.first) + "&count=" + std::to_string(a.count));
       }},
  };
  return table;
}

Duration patience(const Arguments& arguments) {
  if (arguments.timeout_s > 0) return std::chrono::seconds(arguments.timeout_s);
  const std::set<std::string> local{"status", "peers", "doctor", "stop", "card list", "trust show"};
  return local.contains(arguments.command) ? node_patience : mesh_patience;
}

/// Saves what the answer holds as bytes, for --out.
std::optional<std::string> save(const Arguments& arguments, const json::object& answer) {
  if (arguments.out.empty()) return std::nullopt;
  const auto* field =
      answer.if_contains(arguments.command == "card get" ? "envelope" : "base64url");
  if (field == nullptr || !field->is_string()) return "the answer holds nothing to save";
  const auto bytes = wire::parse_base64url(field->get_string());
  if (!bytes) return "the answer is not base64url";
  std::ofstream out(arguments.out, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes->data()),
            static_cast<std::streamsize>(bytes->size()));
  if (!out.flush()) return "cannot write " + arguments.out;
  return std::nullopt;
}

}  // namespace

int fail(const Arguments& arguments, int code, const std::string& text, const std::string& reason) {
  if (arguments.is_json) {
    std::printf("%s\n", json::serialize(json::object{{"error", text}, {"reason", reason}}).c_str());
  } else {
    std::fprintf(stderr, "mycel %s: %s\n", arguments.command.c_str(), text.c_str());
  }
  return code;
}

Result<Answer, Failure> ask_node(const Arguments& arguments, const std::string& socket,
                                 const http::Request& question) {
  const auto answer = http::ask(socket, question, patience(arguments));
  if (!answer) {
    const bool is_absent = answer.error().is_absent;
    return Err{Failure{is_absent ? no_node : refused, answer.error().text,
                       is_absent ? "no_node" : "no_answer"}};
  }
  boost::system::error_code malformed;
  const json::value body = json::parse(answer->body, malformed);
  if (malformed || !body.is_object())
    return Err{Failure{refused, "the node answered something that is no JSON object", "protocol"}};
  return Answer{answer->status, body.get_object()};
}

int ask(const Arguments& arguments) {
  const Question question = questions().at(arguments.command)(arguments);
  if (!question) return fail(arguments, refused, question.error(), "input");
  const auto socket = control_socket(arguments);
  if (!socket) return wrong_usage;
  const auto answer = ask_node(arguments, *socket, *question);
  if (!answer)
    return fail(arguments, answer.error().code, answer.error().text, answer.error().reason);
  const json::object& object = answer->body;
  if (arguments.is_json) std::printf("%s\n", json::serialize(object).c_str());
  if (answer->status >= 400) {
    const auto* text = object.if_contains("error");
    if (!arguments.is_json)
      std::fprintf(stderr, "mycel %s: %s\n", arguments.command.c_str(),
                   text != nullptr && text->is_string() ? text->get_string().c_str() : "refused");
    if (!arguments.is_json) print_explanation(object);
    return refused;
  }
  if (const auto problem = save(arguments, object))
    return fail(arguments, refused, *problem, "output");
  if (!arguments.is_json) {
    print_answer(arguments.command, object);
    print_explanation(object);
  }
  return done;
}

}  // namespace mycel::app
