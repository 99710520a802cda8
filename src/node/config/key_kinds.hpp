#pragma once
// The kinds of keys, for the tables of them (keys.cpp, keys_network.cpp, keys_dht.cpp) and for
// nobody else: how a value of each kind is read, checked and printed.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "foundation/base/duration_text.hpp"
#include "foundation/wire/multiaddr_codec.hpp"

#include "node/config/keys.hpp"

namespace mycel::config {

using Problem = std::optional<std::string>;

// The parts of the table.

std::vector<Key> network_keys();
std::vector<Key> dht_keys();

// How values are written.

std::string quoted(std::string_view text);
std::string size_text(std::uint64_t bytes);
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string list_text(const std::vector<std::string>& items);

// What values of several sections may be.

/// Without control characters.
bool is_plain(std::string_view text);
bool is_path(std::string_view text);

// The kinds of keys. `get` finds the member, of a const or a changing configuration.

template <class Get>
Key number(std::string_view name, Get get, std::size_t min, std::size_t max, std::string_view doc) {
  return {.name = name,
          .form = Form::number,
          .allowed = "a number from " + std::to_string(min) + " to " + std::to_string(max),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* count = value.as<std::int64_t>();
            if (!count || *count < 0 || static_cast<std::uint64_t>(*count) < min ||
                static_cast<std::uint64_t>(*count) > max)
              return "";
            get(config) = static_cast<std::size_t>(*count);
            return std::nullopt;
          },
          .print = [=](const Config& config) { return std::to_string(get(config)); }};
}

template <class Get>
Key time(std::string_view name, Get get, Duration min, Duration max, std::string_view doc) {
  return {
      .name = name,
      .form = Form::text,
      .allowed = "a time from \"" + mycel::to_text(min) + "\" to \"" + mycel::to_text(max) + "\"",
      .doc = doc,
      .set = [=](Config& config, const Value& value) -> Problem {
        const auto* text = value.as<std::string>();
        const auto span = text ? parse_duration(*text) : std::nullopt;
        if (!span || *span < min || *span > max) return "";
        get(config) = *span;
        return std::nullopt;
      },
      .print = [=](const Config& config) { return quoted(mycel::to_text(get(config))); }};
}

template <class Get>
Key size(std::string_view name, Get get, std::uint64_t min, std::string_view doc) {
  return {.name = name,
          .form = Form::text,
          .allowed = "a size of at least \"" + size_text(min) +
                     "\", in KiB, MiB or GiB, or a number of bytes",
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            std::optional<std::uint64_t> bytes;
            if (const auto* text = value.as<std::string>()) bytes = parse_size(*text);
            if (const auto* count = value.as<std::int64_t>(); count && *count >= 0)
              bytes = static_cast<std::uint64_t>(*count);
            if (!bytes || *bytes < min) return "";
            get(config) = *bytes;
            return std::nullopt;
          },
          .print = [=](const Config& config) { return quoted(size_text(get(config))); }};
}

template <class Get>
Key boolean(std::string_view name, Get get, std::string_view doc) {
  return {.name = name,
          .form = Form::boolean,
          .allowed = "true or false",
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* is_on = value.as<bool>();
            if (!is_on) return "";
            get(config) = *is_on;
            return std::nullopt;
          },
          .print = [=](const Config& config) { return get(config) ? "true" : "false"; }};
}

template <class Get>
Key text(std::string_view name, Get get, bool (*fits)(std::string_view), std::string_view allowed,
         std::string_view doc) {
  return {.name = name,
          .form = Form::text,
          .allowed = std::string(allowed),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* written = value.as<std::string>();
            if (!written || !fits(*written)) return "";
            get(config) = *written;
            return std::nullopt;
          },
          .print = [=](const Config& config) { return quoted(get(config)); }};
}

template <class Enum>
struct Word {
  std::string_view word;
  Enum meaning;
};

template <class Enum>
std::string words_text(const std::vector<Word<Enum>>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += quoted(words[i].word);
  }
  return text;
}

template <class Enum, class Get>
Key choice(std::string_view name, Get get, const std::vector<Word<Enum>>& words,
           std::string_view doc) {
  return {.name = name,
          .form = Form::text,
          .allowed = words_text(words),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* written = value.as<std::string>();
            for (const auto& [word, meaning] : words) {
              if (!written || *written != word) continue;
              get(config) = meaning;
              return std::nullopt;
            }
            return "";
          },
          .print =
              [=](const Config& config) {
                const auto at = std::find_if(words.begin(), words.end(), [&](const auto& entry) {
                  return entry.meaning == get(config);
                });
                return quoted(at->word);
              }};
}

constexpr std::size_t addresses_max = 64;

template <class Get>
Key addresses(std::string_view name, Get get, bool (*fits)(const Multiaddr&),
              std::string_view allowed, std::string_view doc) {
  return {.name = name,
          .form = Form::list,
          .allowed = "a list of at most 64 multiaddrs, " + std::string(allowed),
          .doc = doc,
          .set = [=](Config& config, const Value& value) -> Problem {
            const auto* list = value.as<Value::List>();
            if (!list || list->size() > addresses_max) return "";
            Addresses parsed;
            for (const Value& item : *list) {
              const auto* written = item.as<std::string>();
              auto address = written ? wire::parse_multiaddr(*written)
                                     : Result<Multiaddr, wire::Fault>(Err{wire::Fault::malformed});
              if (!address || !fits(*address)) return shown(item);
              parsed.push_back(std::move(*address));
            }
            get(config) = std::move(parsed);
            return std::nullopt;
          },
          .print =
              [=](const Config& config) {
                std::vector<std::string> items;
                for (const Multiaddr& address : get(config))
                  items.push_back(quoted(wire::to_text(address)));
                return list_text(items);
              }};
}

// `MEMBER(node.join)` finds that member of a const or a changing configuration.
// NOLINTNEXTLINE(bugprone-macro-parentheses): a path of members is no expression
#define MEMBER(path) [](auto& config) -> auto& { return config.path; }

}  // namespace mycel::config
