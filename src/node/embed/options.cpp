#include "node/embed/options.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "foundation/base/result.hpp"

#include "node/config/config.hpp"

#include "mycel/mycel.hpp"

namespace mycel::embed {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ",") + item;
  return list;
}

// The program may change its working directory later; a folder is meant from where it is now.
std::string absolute(const std::string& path) {
  if (path.starts_with("~/")) return path;
  std::error_code ignored;
  const auto full = std::filesystem::absolute(path, ignored);
  return ignored ? path : full.lexically_normal().string();
}

}  // namespace

Result<config::Config, std::string> config_of(const NodeOptions& options) {
  std::vector<config::Setting> settings;
  for (const std::string& setting : options.settings) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos)
      return Err{"\"" + setting + "\": write KEY=VALUE, for example dht.k=16"};
    settings.push_back({setting.substr(0, equals), setting.substr(equals + 1)});
  }
  if (!options.data_dir.empty()) settings.push_back({"node.data_dir", absolute(options.data_dir)});
  if (!options.listen.empty()) settings.push_back({"node.listen", joined(options.listen)});
  if (!options.join.empty()) settings.push_back({"node.join", joined(options.join)});

  const auto file = options.config_file.empty() ? std::nullopt : std::optional(options.config_file);
  auto config = config::load(file, settings);
  if (!config) return Err{to_text(config.error())};
  // The socket is not opened, so the length of its path, which the system limits, must not matter.
  config->control.socket = "control.sock";
  return std::move(*config);
}

}  // namespace mycel::embed
