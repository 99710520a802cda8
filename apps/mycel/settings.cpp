#include "apps/mycel/settings.hpp"

#include <cstdio>
#include <filesystem>

namespace mycel::app {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string list;
  for (const std::string& item : items) list += (list.empty() ? "" : ",") + item;
  return list;
}

// A relative folder is meant from where the command runs, not from where the node happens to be.
std::string absolute(const std::string& path) {
  if (path.empty() || path.starts_with("~/")) return path;
  std::error_code ignored;
  const auto full = std::filesystem::absolute(path, ignored);
  return ignored ? path : full.lexically_normal().string();
}

std::vector<config::Setting> settings_of(const Arguments& arguments) {
  std::vector<config::Setting> settings;
  if (!arguments.data_dir.empty())
    settings.push_back({"node.data_dir", absolute(arguments.data_dir)});
  if (!arguments.listen.empty()) settings.push_back({"node.listen", joined(arguments.listen)});
  if (!arguments.join.empty()) settings.push_back({"node.join", joined(arguments.join)});
  if (!arguments.announce.empty())
    settings.push_back({"node.announce", joined(arguments.announce)});
  if (!arguments.control.empty())
    settings.push_back({"control.socket", absolute(arguments.control)});
  for (const std::string& setting : arguments.settings) {
    const std::size_t equals = setting.find('=');
    settings.push_back({setting.substr(0, equals), setting.substr(equals + 1)});
  }
  return settings;
}

}  // namespace

std::optional<config::Config> configuration(const Arguments& arguments) {
  const auto file =
      arguments.config_file.empty() ? std::nullopt : std::optional(arguments.config_file);
  auto config = config::load(file, settings_of(arguments));
  if (config) return std::move(*config);
  std::fprintf(stderr, "%s\n", to_text(config.error()).c_str());
  return std::nullopt;
}

std::optional<config::Paths> paths_of(const config::Config& config) {
  auto paths = config::resolve_paths(config, config::environment());
  if (paths) return std::move(*paths);
  std::fprintf(stderr, "%s\n", to_text(paths.error()).c_str());
  return std::nullopt;
}

std::optional<std::string> control_socket(const Arguments& arguments) {
  if (!arguments.control.empty()) return absolute(arguments.control);
  const auto config = configuration(arguments);
  if (!config) return std::nullopt;
  const auto paths = paths_of(*config);
  if (!paths) return std::nullopt;
  return paths->control_socket;
}

}  // namespace mycel::app
