#include "node/config/config.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <map>
#include <tuple>
#include <utility>

#include "foundation/wire/multiaddr_codec.hpp"

#include "node/config/keys.hpp"
#include "node/config/preset.hpp"
#include "node/config/toml.hpp"
#include "node/config/toml_characters.hpp"

namespace mycel::config {
namespace {

/// Problems of one reading; more than this many help nobody.
constexpr std::size_t problems_max = 64;

/// Where keys were set, for messages about them that come later.
using Positions = std::map<std::string, ConfigProblem, std::less<>>;

/// Reads one document into a configuration.
class Reading {
 public:
  Reading(Config& config, std::string source) : config_(config), source_(std::move(source)) {}

  void read(const toml::table& root) {
    for (const auto& [name, node] : root) read_section(std::string(name.str()), name, node);
  }
  const Positions& positions() const { return positions_; }
  std::vector<ConfigProblem> take_problems() { return std::move(problems_); }

 private:
  void read_section(const std::string& section, const toml::key& name, const toml::node& node) {
    const toml::table* table = node.as_table();
    if (section_doc(section).empty()) {
      note_unknown(section, name);
    } else if (table == nullptr) {
      note(section, name, "is no table; its keys stand under [" + section + "]");
    } else {
      for (const auto& [key, value] : *table)
        read_key(section + "." + std::string(key.str()), key, value);
    }
  }

  void read_key(const std::string& name, const toml::key& at, const toml::node& node) {
    const Key* key = find_key(name);
    if (key == nullptr) return note_unknown(name, at);
    positions_.emplace(name, at_position(name, at));
    const Value value = to_value(node);
    if (const auto problem = key->set(config_, value))
      note(name, at,
           (problem->empty() ? shown(value) : *problem) + " is not allowed; it must be " +
               key->allowed);
  }

  void note_unknown(const std::string& name, const toml::key& at) {
    const auto nearest = nearest_name(name);
    note(name, at, "is not known" + (nearest ? "; did you mean " + *nearest + "?" : ""));
  }

  ConfigProblem at_position(const std::string& name, const toml::key& at) const {
    return {.source = source_,
            .line = at.source().begin.line,
            .column = at.source().begin.column,
            .key = name,
            .text = {}};
  }
  void note(const std::string& name, const toml::key& at, std::string text) {
    if (problems_.size() >= problems_max) return;
    problems_.push_back(at_position(name, at));
    problems_.back().text = std::move(text);
  }

  static Value to_value(const toml::node& node) {
    if (const auto* is_on = node.as_boolean()) return {is_on->get()};
    if (const auto* number = node.as_integer()) return {std::int64_t{number->get()}};
    if (const auto* number = node.as_floating_point()) return {number->get()};
    if (const auto* text = node.as_string()) return {text->get()};
    if (const auto* array = node.as_array()) {
      Value::List list;
      for (const toml::node& item : *array) list.push_back(to_value(item));
      return {std::move(list)};
    }
    if (const auto* inner = node.as_table()) {
      Value::Table table;
      for (const auto& [name, item] : *inner) {
        table.names.emplace_back(name.str());
        table.values.push_back(to_value(item));
      }
      return {std::move(table)};
    }
    return {std::string("a date or time")};
  }

  Config& config_;
  std::string source_;
  Positions positions_;
  std::vector<ConfigProblem> problems_;
};

void sort_by_place(std::vector<ConfigProblem>& problems) {
  std::sort(problems.begin(), problems.end(), [](const auto& a, const auto& b) {
    return std::tie(a.line, a.column, a.key) < std::tie(b.line, b.column, b.key);
  });
}

ConfigErrors one_problem(const std::string& source, std::string text) {
  return {{{.source = source, .text = std::move(text)}}};
}

/// Reads `text` into `config` without asking what keys demand of each other.
std::vector<ConfigProblem> read_text(Config& config, std::string_view text,
                                     const std::string& source, Positions& positions) {
  if (text.size() > file_size_max_bytes)
    return one_problem(source, "the file has more than " + std::to_string(file_size_max_bytes) +
                                   " bytes, which is the limit")
        .problems;
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (auto misplaced = misplaced_character(text)) {
    return {{.source = source,
             .line = misplaced->line,
             .column = misplaced->column,
             .key = {},
             .text = std::move(misplaced->text)}};
  }
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::source_position at = parsed.error().source().begin;
    return {{.source = source,
             .line = at.line,
             .column = at.column,
             .key = {},
             .text = std::string(parsed.error().description())}};
  }
  Reading reading(config, source);
  reading.read(parsed.table());
  positions = reading.positions();
  return reading.take_problems();
}

Result<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(file_size_max_bytes + 1, '\0');
  if (!file) return Err{std::string("the file cannot be opened for reading")};
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof()))
    return Err{std::string("the file cannot be read; is it a directory?")};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// Appends what keys demand of each other, with the place where the key was set.
void add_together(std::vector<ConfigProblem>& problems, const Config& config,
                  const std::string& source, const Positions& positions) {
  for (ConfigProblem problem : check_together(config)) {
    problem.source = source;
    if (const auto at = positions.find(problem.key); at != positions.end()) {
      problem.source = at->second.source;
      problem.line = at->second.line;
      problem.column = at->second.column;
    }
    problems.push_back(std::move(problem));
  }
}

// Flags.

/// The value of a flag, in the form that its key has. None: not of that form.
std::optional<Value> flag_value(const Key& key, std::string_view text) {
  switch (key.form) {
    case Form::text:
      return Value{std::string(text)};
    case Form::boolean:
      if (text == "true" || text == "false") return Value{text == "true"};
      return std::nullopt;
    case Form::number: {
      std::int64_t number = 0;
      const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
      return Value{number};
    }
    case Form::list: {
      Value::List list;
      while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        list.push_back({std::string(text.substr(0, comma))});
        text.remove_prefix(std::min(comma + 1, text.size()));
      }
      return Value{std::move(list)};
    }
    case Form::structure:
      break;
  }
  return std::nullopt;
}

std::vector<ConfigProblem> set_structure(Config& config, const Setting& setting) {
  const std::string toml = setting.key + " = " + setting.value;
  Positions positions;
  auto problems = read_text(config, toml, "--" + setting.key, positions);
  for (ConfigProblem& problem : problems) problem.line = problem.column = 0;
  return problems;
}

std::vector<ConfigProblem> set_flag(Config& config, const Setting& setting) {
  const std::string source = "--" + setting.key;
  const Key* key = find_key(setting.key);
  if (key == nullptr) {
    const auto nearest = nearest_name(setting.key);
    return {{.source = source,
             .key = setting.key,
             .text = "is not known" + (nearest ? "; did you mean " + *nearest + "?" : "")}};
  }
  if (key->form == Form::structure) return set_structure(config, setting);
  const auto value = flag_value(*key, setting.value);
  const auto problem = value ? key->set(config, *value) : std::optional<std::string>("");
  if (!problem) return {};
  const std::string what = problem->empty() ? shown(Value{setting.value}) : *problem;
  return {{.source = source,
           .key = setting.key,
           .text = what + " is not allowed; it must be " + key->allowed}};
}

void set_flags(Config& config, std::span<const Setting> settings, Positions& positions,
               std::vector<ConfigProblem>& problems) {
  for (const Setting& setting : settings) {
    for (ConfigProblem& problem : set_flag(config, setting))
      if (problems.size() < problems_max) problems.push_back(std::move(problem));
    positions.insert_or_assign(setting.key,
                               ConfigProblem{.source = "--" + setting.key, .key = setting.key});
  }
}

/// What `read` makes of the defaults of the preset that it names: it is asked once more when that
/// is not the common one, because what is written wins over what the preset says, in whatever
/// order.
template <class Read>
Config with_preset(Read&& read) {
  Config config;
  read(config);
  if (config.dht.preset == DhtPreset::mycel) return config;
  config = defaults_of(config.dht.preset);
  read(config);
  return config;
}

// Texts.

std::string default_text(const Key& key) {
  static const Config defaults;
  return key.print(defaults);
}

/// `text` broken at spaces into lines of at most 96 characters, each behind `margin`.
std::string wrapped(std::string_view text, std::string_view margin) {
  constexpr std::size_t line_max = 96;
  std::string result;
  std::string line(margin);
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    if (line.size() > margin.size() && line.size() + 1 + word.size() > line_max) {
      result += line + "\n";
      line = margin;
    }
    line += (line.size() > margin.size() ? " " : "") + std::string(word);
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return result + line + "\n";
}

/// A text for a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

constexpr std::string_view reference_head = R"(# Configuration

`mycel up` runs without any configuration. What is set comes from one TOML file (`mycel up --config
FILE`) and from the command line (`--set KEY=VALUE`), which wins. `mycel config` prints the effective
configuration, with comments, as a file that can be used again.

- A key that is not known, and a value that is not allowed, is an error that names the line, the
  key, the value and what is allowed. All errors are told at once, and the node does not start.
- Times are texts such as `"30s"`, `"5m"`, `"1h30m"`, `"36h"` or `"7d"`; the units are ms, s, m, h
  and d.
- Sizes are texts such as `"512MiB"`, or a number of bytes.
- On the command line, texts need no quotes and lists are separated by commas:
  `--set dht.k=16 --set node.listen=/ip4/127.0.0.1/udp/0/quic-v1`.

This page is made from the table of keys in the program.
)";

}  // namespace

Addresses default_listen() {
  return {*wire::parse_multiaddr("/ip4/0.0.0.0/udp/4150/quic-v1"),
          *wire::parse_multiaddr("/ip6/::/udp/4150/quic-v1")};
}

std::string to_text(const ConfigProblem& problem) {
  std::string text = problem.source;
  if (problem.line != 0)
    text += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column);
  if (!problem.key.empty() && problem.source != "--" + problem.key)
    text += (text.empty() ? "" : ": ") + problem.key;
  return text + ": " + problem.text;
}

std::string to_text(const ConfigErrors& errors) {
  std::string text;
  for (const ConfigProblem& problem : errors.problems)
    text += (text.empty() ? "" : "\n") + to_text(problem);
  return text;
}

Result<Config, ConfigErrors> parse(std::string_view text, const std::string& source) {
  Positions positions;
  std::vector<ConfigProblem> problems;
  const Config config = with_preset([&](Config& begun) {
    positions.clear();
    problems = read_text(begun, text, source, positions);
  });
  if (problems.empty()) add_together(problems, config, source, positions);
  if (problems.empty()) return config;
  sort_by_place(problems);
  return Err{ConfigErrors{std::move(problems)}};
}

Result<Config, ConfigErrors> load_file(const std::string& path) {
  return load(path, {});
}

Result<void, ConfigErrors> apply_flags(Config& config, std::span<const Setting> settings) {
  Config changed = config;
  Positions positions;
  std::vector<ConfigProblem> problems;
  set_flags(changed, settings, positions, problems);
  if (changed.dht.preset != config.dht.preset) {
    const DhtPreset preset = changed.dht.preset;
    changed = config;
    use_preset(changed, preset);
    problems.clear();
    set_flags(changed, settings, positions, problems);
  }
  if (problems.empty()) add_together(problems, changed, "the command line", positions);
  if (!problems.empty()) return Err{ConfigErrors{std::move(problems)}};
  config = std::move(changed);
  return {};
}

Result<Config, ConfigErrors> load(const std::optional<std::string>& path,
                                  std::span<const Setting> settings) {
  std::string text;
  if (path) {
    auto content = read_file(*path);
    if (!content) return Err{one_problem(*path, content.error())};
    text = *std::move(content);
  }
  Positions positions;
  std::vector<ConfigProblem> problems;
  const Config config = with_preset([&](Config& begun) {
    positions.clear();
    problems.clear();
    if (path) problems = read_text(begun, text, *path, positions);
    sort_by_place(problems);
    set_flags(begun, settings, positions, problems);
  });
  if (problems.empty()) add_together(problems, config, path.value_or("configuration"), positions);
  if (problems.empty()) return config;
  return Err{ConfigErrors{std::move(problems)}};
}

std::string to_toml(const Config& config) {
  std::string text = "# The configuration of a mycel node: every key with its value in effect.\n";
  std::string_view section;
  for (const Key& key : keys()) {
    if (const std::string_view its = section_of(key.name); its != section) {
      section = its;
      text += "\n[" + std::string(section) + "]\n" + wrapped(section_doc(section), "# ");
    }
    const std::string value = key.print(config);
    const bool is_default = value == default_text(key);
    text += "\n" + wrapped(key.doc, "# ") + wrapped("Allowed: " + key.allowed + ".", "# ");
    if (!is_default) text += "# Default: " + default_text(key) + "\n";
    text += std::string(key.name.substr(section.size() + 1)) + " = " + value + "\n";
  }
  return text;
}

std::string reference_markdown() {
  std::string text(reference_head);
  std::string_view section;
  for (const Key& key : keys()) {
    if (const std::string_view its = section_of(key.name); its != section) {
      section = its;
      text += "\n## [" + std::string(section) + "]\n\n" + std::string(section_doc(section)) +
              "\n\n| key | default | what it does | allowed |\n| --- | --- | --- | --- |\n";
    }
    text += "| `" + std::string(key.name) + "` | `" + default_text(key) + "` | " + cell(key.doc) +
            " | " + cell(key.allowed) + " |\n";
  }
  return text;
}

Environment environment() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read at start only
    return std::string(value == nullptr ? "" : value);
  };
  return {.home = variable("HOME"),
          .xdg_data_home = variable("XDG_DATA_HOME"),
          .state_directory = variable("STATE_DIRECTORY"),
          .credentials_directory = variable("CREDENTIALS_DIRECTORY")};
}

namespace {

std::string expanded(const std::string& path, const Environment& environment) {
  if (!path.starts_with("~/") || environment.home.empty()) return path;
  return environment.home + path.substr(1);
}

std::string default_data_dir(const Environment& environment) {
  // systemd separates several state directories by colons.
  if (!environment.state_directory.empty())
    return environment.state_directory.substr(0, environment.state_directory.find(':'));
  if (!environment.xdg_data_home.empty()) return environment.xdg_data_home + "/mycel";
  if (!environment.home.empty()) return environment.home + "/.local/share/mycel";
  return {};
}

}  // namespace

Result<Paths, ConfigErrors> resolve_paths(const Config& config, const Environment& environment) {
  const bool has_data_dir = !config.node.data_dir.empty();
  Paths paths{.data_dir = has_data_dir ? expanded(config.node.data_dir, environment)
                                       : default_data_dir(environment)};
  if (paths.data_dir.empty()) {
    return Err{ConfigErrors{{{.key = "node.data_dir",
                              .text = "is not set, and neither is HOME; set it to a directory that "
                                      "the node may write to"}}}};
  }
  paths.control_socket = config.control.socket.empty()
                             ? paths.data_dir + "/control.sock"
                             : expanded(config.control.socket, environment);
  if (auto problem = socket_path_problem(paths.control_socket))
    return Err{ConfigErrors{{{.key = "control.socket", .text = std::move(*problem)}}}};
  paths.passphrase_file = expanded(config.keys.passphrase_file, environment);
  paths.certificate_file = expanded(config.network.certificate_file, environment);
  paths.join_token_file = expanded(config.network.join_token_file, environment);
  if (paths.passphrase_file.empty() && !environment.credentials_directory.empty() &&
      !config.keys.credential.empty())
    paths.passphrase_file = environment.credentials_directory + "/" + config.keys.credential;
  return paths;
}

}  // namespace mycel::config
