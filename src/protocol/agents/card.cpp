#include "protocol/agents/card.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "foundation/base/duration_text.hpp"

#include "protocol/agents/json.hpp"

namespace mycel::agents {
namespace {

constexpr std::size_t problems_max = 32;
constexpr JsonLimits json_limits{.size_max_bytes = document_size_max_bytes,
                                 .depth_max = document_depth_max};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_alphanumeric(char c) {
  return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/// The start of a value, fit for one line of a message.
std::string shown(std::string_view value) {
  constexpr std::size_t shown_max = 60;
  std::string text = "\"";
  for (const char c : value.substr(0, shown_max)) text += is_control(c) ? '?' : c;
  return text + (value.size() > shown_max ? "...\"" : "\"");
}

// What a text may be. Each says whether a value fits, and what would.
struct TextRule {
  std::size_t size_max;
  bool (*fits)(std::string_view);
  std::string_view allowed;
};

bool is_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), is_control);
}

bool is_prose(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return !is_control(c) || c == '\n' || c == '\t' || c == '\r'; });
}

// RFC 3986: a scheme, a colon, and no space or control character.
bool is_absolute_url(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  const std::string_view scheme = text.substr(0, colon);
  if (!is_alphanumeric(scheme[0]) || (scheme[0] >= '0' && scheme[0] <= '9')) return false;
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_alphanumeric(c) || c == '+' || c == '-' || c == '.';
  });
  return is_scheme &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

// RFC 6838: type/subtype, perhaps with parameters.
bool is_media_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  return is_line(text) && slash != std::string_view::npos && slash > 0 && slash + 1 < text.size();
}

constexpr TextRule name_rule{256, is_line, "1 to 256 bytes without control characters"};
constexpr TextRule word_rule{128, is_line, "1 to 128 bytes without control characters"};
constexpr TextRule prose_rule{4096, is_prose, "1 to 4096 bytes of text"};
constexpr TextRule url_rule{2048, is_absolute_url,
                            "an absolute URL of at most 2048 bytes, such as "
                            "\"https://example.org/a2a\""};
constexpr TextRule media_rule{128, is_media_type, "a media type, such as \"text/plain\""};
constexpr TextRule plain_rule{64, is_plain_name,
                              "1 to 64 of a-z, 0-9, '.', '_' and '-', starting with a letter or "
                              "digit"};

/// Reads fields of one document and notes everything that is wrong with them.
class Reader {
 public:
  void note(std::string field, std::string text) {
    if (problems_.size() < problems_max) problems_.push_back({std::move(field), std::move(text)});
  }
  std::vector<CardProblem> take_problems() { return std::move(problems_); }

  /// The member if it is there and of that kind.
  const Json* member(const Json& object, const std::string& path, std::string_view name,
                     Json::Kind kind) {
    const Json* value = object.find(name);
    if (value == nullptr || value->kind == kind) return value;
    note(join(path, name), std::string("is ") + std::string(to_text(value->kind)) +
                               "; it must be " + std::string(to_text(kind)));
    return nullptr;
  }

  std::string text(const Json& object, const std::string& path, std::string_view name,
                   const TextRule& rule) {
    const Json* value = member(object, path, name, Json::Kind::string);
    if (value == nullptr) return {};
    judge(value->text, join(path, name), rule);
    return value->text;
  }

  std::string needed_text(const Json& object, const std::string& path, std::string_view name,
                          const TextRule& rule) {
    need(object, path, name, rule.allowed);
    return text(object, path, name, rule);
  }

  void need(const Json& object, const std::string& path, std::string_view name,
            std::string_view allowed) {
    if (object.find(name) == nullptr)
      note(join(path, name), "is missing; it must be " + std::string(allowed));
  }

  std::vector<std::string> texts(const Json& object, const std::string& path, std::string_view name,
                                 const TextRule& rule, std::size_t count_max) {
    std::vector<std::string> texts;
    each(object, path, name, count_max, Json::Kind::string,
         [&](const Json& item, const std::string& where) {
           judge(item.text, where, rule);
           texts.push_back(item.text);
         });
    return texts;
  }

  bool boolean(const Json& object, const std::string& path, std::string_view name) {
    const Json* value = member(object, path, name, Json::Kind::boolean);
    return value != nullptr && value->boolean;
  }

  /// `read(item, path)` for each item of that kind of an array of at most `count_max`.
  template <class Read>
  void each(const Json& object, const std::string& path, std::string_view name,
            std::size_t count_max, Json::Kind kind, Read read) {
    const Json* array = member(object, path, name, Json::Kind::array);
    if (array == nullptr) return;
    if (array->items.size() > count_max) {
      note(join(path, name), "has " + std::to_string(array->items.size()) + " items; at most " +
                                 std::to_string(count_max) + " are allowed");
      return;
    }
    for (std::size_t i = 0; i < array->items.size(); ++i) {
      const std::string where = join(path, name) + "[" + std::to_string(i) + "]";
      const Json& item = array->items[i];
      if (item.kind == kind) {
        read(item, where);
      } else {
        note(where, std::string("is ") + std::string(to_text(item.kind)) + "; it must be " +
                        std::string(to_text(kind)));
      }
    }
  }

  static std::string join(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
  }

 private:
  void judge(const std::string& value, const std::string& where, const TextRule& rule) {
    if (value.empty()) {
      note(where, "is empty; it must be " + std::string(rule.allowed));
    } else if (value.size() > rule.size_max) {
      note(where, shown(value) + " has " + std::to_string(value.size()) + " bytes; it must be " +
                      std::string(rule.allowed));
    } else if (!rule.fits(value)) {
      note(where, shown(value) + " is not allowed; it must be " + std::string(rule.allowed));
    }
  }

  std::vector<CardProblem> problems_;
};

constexpr std::size_t tags_max = 32;
constexpr std::size_t examples_max = 32;
constexpr std::size_t modes_max = 32;
constexpr std::size_t interfaces_max = 16;

Skill read_skill(Reader& reader, const Json& json, const std::string& path) {
  reader.need(json, path, "tags", "an array of words, such as [\"weather\"]");
  return {.id = reader.needed_text(json, path, "id", word_rule),
          .name = reader.needed_text(json, path, "name", name_rule),
          .description = reader.needed_text(json, path, "description", prose_rule),
          .tags = reader.texts(json, path, "tags", word_rule, tags_max),
          .examples = reader.texts(json, path, "examples", prose_rule, examples_max),
          .input_modes = reader.texts(json, path, "inputModes", media_rule, modes_max),
          .output_modes = reader.texts(json, path, "outputModes", media_rule, modes_max)};
}

std::vector<Skill> read_skills(Reader& reader, const Json& root) {
  std::vector<Skill> skills;
  std::set<std::string> ids;
  reader.need(root, {}, "skills", "an array of at most 64 skills");
  reader.each(root, {}, "skills", skills_max, Json::Kind::object,
              [&](const Json& item, const std::string& path) {
                skills.push_back(read_skill(reader, item, path));
                const std::string& id = skills.back().id;
                if (!id.empty() && !ids.insert(id).second)
                  reader.note(path + ".id", shown(id) +
                                                " is the id of an earlier skill; each "
                                                "skill needs an id of its own");
              });
  return skills;
}

std::optional<Provider> read_provider(Reader& reader, const Json& root) {
  const Json* json = reader.member(root, {}, "provider", Json::Kind::object);
  if (json == nullptr) return std::nullopt;
  return Provider{.organization = reader.needed_text(*json, "provider", "organization", name_rule),
                  .url = reader.needed_text(*json, "provider", "url", url_rule)};
}

Capabilities read_capabilities(Reader& reader, const Json& root) {
  const Json* json = reader.member(root, {}, "capabilities", Json::Kind::object);
  if (json == nullptr) return {};
  const std::string path = "capabilities";
  reader.member(*json, path, "extensions", Json::Kind::array);
  return {.streaming = reader.boolean(*json, path, "streaming"),
          .push_notifications = reader.boolean(*json, path, "pushNotifications"),
          .state_transition_history = reader.boolean(*json, path, "stateTransitionHistory")};
}

void read_interfaces(Reader& reader, const Json& root, std::string_view field,
                     std::string_view transport, std::vector<Interface>& to) {
  reader.each(root, {}, field, interfaces_max, Json::Kind::object,
              [&](const Json& item, const std::string& path) {
                to.push_back({.url = reader.needed_text(item, path, "url", url_rule),
                              .transport = reader.needed_text(item, path, transport, word_rule)});
              });
}

std::string read_url(Reader& reader, const Json& root) {
  const Json* interfaces = root.find("supportedInterfaces");
  const bool is_optional = interfaces != nullptr && !interfaces->items.empty();
  return is_optional ? reader.text(root, {}, "url", url_rule)
                     : reader.needed_text(root, {}, "url", url_rule);
}

/// Fields whose content is kept and not looked into: they must have the kind that A2A says.
void check_kept_fields(Reader& reader, const Json& root) {
  reader.member(root, {}, "securitySchemes", Json::Kind::object);
  reader.member(root, {}, "security", Json::Kind::array);
  reader.member(root, {}, "signatures", Json::Kind::array);
  reader.boolean(root, {}, "supportsAuthenticatedExtendedCard");
}

Card read_card(Reader& reader, const Json& root) {
  Card card;
  card.name = reader.needed_text(root, {}, "name", name_rule);
  card.description = reader.needed_text(root, {}, "description", prose_rule);
  card.url = read_url(reader, root);
  card.version = reader.needed_text(root, {}, "version", word_rule);
  card.protocol_version = reader.text(root, {}, "protocolVersion", word_rule);
  card.preferred_transport = reader.text(root, {}, "preferredTransport", word_rule);
  card.documentation_url = reader.text(root, {}, "documentationUrl", url_rule);
  card.icon_url = reader.text(root, {}, "iconUrl", url_rule);
  card.provider = read_provider(reader, root);
  card.capabilities = read_capabilities(reader, root);
  read_interfaces(reader, root, "additionalInterfaces", "transport", card.interfaces);
  read_interfaces(reader, root, "supportedInterfaces", "protocolBinding", card.interfaces);
  card.skills = read_skills(reader, root);
  card.default_input_modes = reader.texts(root, {}, "defaultInputModes", media_rule, modes_max);
  card.default_output_modes = reader.texts(root, {}, "defaultOutputModes", media_rule, modes_max);
  check_kept_fields(reader, root);
  if (const Json* ours = reader.member(root, {}, "mycel", Json::Kind::object))
    card.region = reader.text(*ours, "mycel", "region", plain_rule);
  return card;
}

std::optional<Duration> read_expires_in(Reader& reader, const Json& ours) {
  const Json* value = reader.member(ours, "mycel", "expires_in", Json::Kind::string);
  if (value == nullptr) return std::nullopt;
  const auto span = parse_duration(value->text);
  if (!span || *span < card_lifetime_min || *span > card_lifetime_max) {
    reader.note("mycel.expires_in",
                shown(value->text) + " is not allowed; it must be a time from " +
                    mycel::to_text(card_lifetime_min) + " to " + mycel::to_text(card_lifetime_max) +
                    ", such as \"24h\" or \"90m\"");
    return std::nullopt;
  }
  return span;
}

/// Our own object is ours alone, so a field that is not known there is a slip of the pen.
void refuse_unknown(Reader& reader, const Json& ours) {
  for (const auto& [name, value] : ours.members) {
    if (name != "expires_in" && name != "agent" && name != "region")
      reader.note("mycel." + name, "is not known; known are expires_in, agent and region");
  }
}

void fill_in(Json& root) {
  const Json plain_text = Json::array_of({Json::string_of("text/plain")});
  if (root.find("protocolVersion") == nullptr && root.find("supportedInterfaces") == nullptr)
    root.set("protocolVersion", Json::string_of("0.3.0"));
  if (root.find("capabilities") == nullptr) root.set("capabilities", Json::object());
  for (const auto* field : {"defaultInputModes", "defaultOutputModes"})
    if (root.find(field) == nullptr) root.set(field, plain_text);
}

/// Takes out what is said to this node only.
void strip_local(Json& root) {
  Json* ours = root.find("mycel");
  if (ours == nullptr) return;
  ours->erase("expires_in");
  ours->erase("agent");
  if (ours->members.empty()) root.erase("mycel");
}

Result<Json, CardProblems> parse_root(std::string_view json) {
  auto root = parse_json(json, json_limits);
  if (!root) {
    return Err{CardProblems{.problems = {{"", root.error().text}},
                            .is_too_large = root.error().is_too_large}};
  }
  if (root->kind != Json::Kind::object) {
    return Err{CardProblems{
        .problems = {{"", std::string("the document is ") + std::string(to_text(root->kind)) +
                              "; a card must be an object"}}}};
  }
  return std::move(*root);
}

}  // namespace

std::string to_text(const CardProblem& problem) {
  return problem.field.empty() ? problem.text : problem.field + ": " + problem.text;
}

std::string to_text(const CardProblems& problems) {
  std::string text;
  for (const CardProblem& problem : problems.problems) {
    if (!text.empty()) text += '\n';
    text += to_text(problem);
  }
  return text;
}

Result<CardFile, CardProblems> parse_card_file(std::string_view json) {
  auto root = parse_root(json);
  if (!root) return Err{root.error()};
  CardFile file;
  Reader reader;
  fill_in(*root);
  file.card = read_card(reader, *root);
  if (const Json* ours = root->find("mycel"); ours && ours->kind == Json::Kind::object) {
    file.expires_in = read_expires_in(reader, *ours);
    file.agent = reader.text(*ours, "mycel", "agent", plain_rule);
    refuse_unknown(reader, *ours);
  }
  if (auto problems = reader.take_problems(); !problems.empty())
    return Err{CardProblems{.problems = std::move(problems)}};
  strip_local(*root);
  file.document = Bytes::copy(canonical_json(*root));
  // What was filled in and what canonical escapes add can make it longer than it was.
  if (file.document.size() > document_size_max_bytes) {
    return Err{CardProblems{
        .problems = {{"", "the document has " + std::to_string(file.document.size()) +
                              " bytes in canonical form; at most " +
                              std::to_string(document_size_max_bytes) + " are allowed"}},
        .is_too_large = true}};
  }
  return file;
}

Result<Card, CardProblems> parse_card(ByteView document) {
  const auto root = parse_root(as_text(document));
  if (!root) return Err{root.error()};
  Reader reader;
  Card card = read_card(reader, *root);
  if (auto problems = reader.take_problems(); !problems.empty())
    return Err{CardProblems{.problems = std::move(problems)}};
  return card;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && is_lower_or_digit(name[0]) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_lower_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace mycel::agents
