#include "node/config/config.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "foundation/wire/multiaddr_codec.hpp"

#include "node/config/keys.hpp"

namespace mycel::config {
namespace {

std::string problems_of(std::string_view toml) {
  const auto config = parse(toml, "f");
  return config ? "none" : to_text(config.error());
}
std::string flag_problems(const std::vector<Setting>& settings) {
  Config config;
  const auto done = apply_flags(config, settings);
  EXPECT_EQ(config == Config{}, !done || settings.empty());
  return done ? "none" : to_text(done.error());
}

/// The checkout that this test runs in.
std::filesystem::path project_root() {
  auto folder = std::filesystem::current_path();
  while (folder.has_relative_path() && !exists(folder / "src/layers.toml"))
    folder = folder.parent_path();
  return folder;
}
std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Config, an_empty_file_means_the_defaults) {
  const auto config = parse("", "f");
  ASSERT_TRUE(config);
  EXPECT_EQ(*config, Config{});
  EXPECT_EQ(wire::to_text(config->node.listen.at(0)), "/ip4/0.0.0.0/udp/4150/quic-v1");
  EXPECT_EQ(config->dht.k, 20U);
  EXPECT_TRUE(check_together(*config).empty());
}

TEST(Config, a_file_changes_what_it_names) {
  const auto config = parse(R"(
node.data_dir = "/srv/mycel"
[dht]
k = 16
mode = "server"
record_ttl = "48h"
namespaces = [{prefix = "/mycel-raw", rule = "any"}, {prefix = "/app", rule = "any"}]
[log]
level = "debug"
[limits]
memory = "1GiB"
[quic]
congestion = "bbr"
[node]
)",
                            "f");
  EXPECT_FALSE(config);  // TOML: a table that dotted keys made cannot be opened again
  const auto good = parse(R"(
[node]
data_dir = "/srv/mycel"
join = ["/ip4/192.0.2.1/udp/4150/quic-v1", "/dns4/seed.example.org/udp/4150/quic-v1"]
port_fallback = false
[dht]
k = 16
mode = "server"
record_ttl = "48h"
namespaces = [{prefix = "/mycel-raw", rule = "any"}, {prefix = "/app", rule = "any"}]
[log]
level = "debug"
[limits]
memory = "1GiB"
[quic]
congestion = "bbr"
)",
                          "f");
  ASSERT_TRUE(good) << to_text(good.error());
  EXPECT_EQ(good->node.data_dir, "/srv/mycel");
  EXPECT_EQ(good->node.join.size(), 2U);
  EXPECT_FALSE(good->node.port_fallback);
  EXPECT_EQ(good->dht.k, 16U);
  EXPECT_EQ(good->dht.mode, DhtMode::server);
  EXPECT_EQ(good->dht.record_ttl, Duration{48h});
  EXPECT_EQ(good->dht.namespaces.at(1).prefix, "/app");
  EXPECT_EQ(good->log.level, LogLevel::debug);
  EXPECT_EQ(good->limits.memory_bytes, std::uint64_t{1} << 30);
  EXPECT_EQ(good->quic.congestion, Congestion::bbr);
}

TEST(Config, all_problems_are_told_at_once_with_line_key_value_and_what_is_allowed) {
  EXPECT_EQ(problems_of(R"([dht]
k = 0
  alpha = "three"
record_ttl = "soon"
[log]
level = "loud"
[node]
listen = ["/ip4/0.0.0.0/tcp/4150"]
port_fallback = 1
)"),
            R"(f:2:1: dht.k: 0 is not allowed; it must be a number from 1 to 64
f:3:3: dht.alpha: "three" is not allowed; it must be a number from 1 to 32
f:4:1: dht.record_ttl: "soon" is not allowed; it must be a time from "1m" to "30d"
f:6:1: log.level: "loud" is not allowed; it must be "debug", "info", "warn" or "error"
f:8:1: node.listen: "/ip4/0.0.0.0/tcp/4150" is not allowed; it must be a list of at most 64 multiaddrs, such as "/ip4/0.0.0.0/udp/4150/quic-v1"
f:9:1: node.port_fallback: 1 is not allowed; it must be true or false)");
}

TEST(Config, an_unknown_key_is_an_error_with_a_suggestion) {
  EXPECT_EQ(problems_of("[dht]\nalhpa = 3\n"),
            "f:2:1: dht.alhpa: is not known; did you mean dht.alpha?");
  EXPECT_EQ(problems_of("[dth]\nk = 3\n"), "f:1:2: dth: is not known; did you mean dht?");
  EXPECT_EQ(problems_of("listen = 3\n"), "f:1:1: listen: is not known; did you mean node.listen?");
  EXPECT_EQ(problems_of("[node]\nk = 3\n"), "f:2:1: node.k: is not known; did you mean dht.k?");
  EXPECT_EQ(problems_of("[node]\nwallpaper = 3\n"), "f:2:1: node.wallpaper: is not known");
  EXPECT_EQ(problems_of("dht = 3\n"), "f:1:1: dht: is no table; its keys stand under [dht]");
}

TEST(Config, text_that_is_no_toml_says_where) {
  EXPECT_TRUE(problems_of("[dht]\nk = \n").starts_with("f:2:5: "));
  EXPECT_TRUE(problems_of("[dht]\nk = 3\nk = 4\n").starts_with("f:3:"));
  EXPECT_TRUE(problems_of("[&dht]\nk = 3\n").starts_with("f:1:2: "));
  EXPECT_EQ(problems_of(std::string_view("[dht]\n[\0x]", 10)),
            "f:2:2: control character 0 is not allowed");
}

TEST(Config, letters_beyond_ascii_stand_in_strings_and_comments_only) {
  EXPECT_EQ(
      problems_of(
          "\xef\xbb\xbf# \xc3\xa4 comment\n[node]\nagent_version = \"M\xc3\xa9\" # \xc3\xa9\n"),
      "none");
  EXPECT_EQ(problems_of("[node]\nagent_version = 'M\xc3\xa9' \xc3\xa9\n"),
            "f:2:22: a character beyond ASCII is not allowed here; it needs a string");
  EXPECT_EQ(problems_of("n\xc3\xb6te = 3\n").substr(0, 6), "f:1:2:");
  EXPECT_EQ(problems_of("[node]\nagent_version = \"\\  \xc3\xa9\"\n").substr(0, 7), "f:2:21:");
}

TEST(Config, what_keys_demand_of_each_other_is_checked) {
  EXPECT_EQ(
      problems_of("[dht]\nrecord_ttl = \"10h\"\n"),
      "f: cards.republish: \"12h\" is not allowed; it must be less than dht.record_ttl, which "
      "is \"10h\"\n"
      "f: dht.republish: \"22h\" is not allowed; it must be less than dht.record_ttl, which "
      "is \"10h\"");
  EXPECT_EQ(problems_of("[quic]\n\nkeep_alive = \"30s\"\n"),
            "f:3:1: quic.keep_alive: \"30s\" is not allowed; it must be less than "
            "quic.idle_timeout, which is \"30s\"");
  EXPECT_EQ(problems_of("[node]\nlisten = []\n").substr(0, 29), "f:2:1: node.listen: is empty;");
}

TEST(Config, a_preset_says_what_is_not_written) {
  const auto config = parse("[dht]\nk = 10\npreset = \"k8-d3\"\nrepublish = \"20m\"\n", "f");
  ASSERT_TRUE(config) << to_text(config.error());
  EXPECT_EQ(config->dht.k, 10U) << "what is written wins, wherever it stands";
  EXPECT_EQ(config->dht.republish, Duration{20min});
  EXPECT_EQ(config->dht.disjoint_paths, 3U);
  EXPECT_EQ(config->dht.record_ttl, Duration{1h});
  EXPECT_EQ(config->dht.lookup_timeout, Duration{30s});
  EXPECT_LT(config->cards.republish, config->dht.record_ttl) << "cards are records";
  EXPECT_EQ(*parse(to_toml(*config), "f"), *config);
}

TEST(Config, the_founding_design_loads_as_a_preset) {
  const auto config = parse("dht.preset = \"k8-d3\"", "f");
  ASSERT_TRUE(config) << to_text(config.error());
  EXPECT_EQ(*config, defaults_of(DhtPreset::k8_d3));
  EXPECT_EQ(config->dht.k, 8U);
  EXPECT_EQ(config->dht.alpha, 3U);
  EXPECT_EQ(config->dht.refresh, Duration{10min});
  EXPECT_EQ(config->dht.subnet_per_table, 3U);
  EXPECT_EQ(config->dht.network_per_table, 10U);
  EXPECT_EQ(problems_of("dht.preset = \"k8-d4\"\n"),
            "f:1:5: dht.preset: \"k8-d4\" is not allowed; it must be \"mycel\" or \"k8-d3\"");
  EXPECT_EQ(problems_of("[dht]\npreset = \"k8-d3\"\nrepublish = \"1h\"\n"),
            "f:3:1: dht.republish: \"1h\" is not allowed; it must be less than dht.record_ttl, "
            "which is \"1h\"");
}

TEST(Config, a_preset_of_the_command_line_gives_way_to_what_the_file_says) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("mycel-preset-test-" +
                     std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + ".toml");
  std::ofstream(path) << "[dht]\nk = 12\n";
  const std::vector<Setting> flags{{"dht.alpha", "5"}, {"dht.preset", "k8-d3"}};
  const auto config = load(path, flags);
  ASSERT_TRUE(config) << to_text(config.error());
  EXPECT_EQ(config->dht.k, 12U);
  EXPECT_EQ(config->dht.alpha, 5U);
  EXPECT_EQ(config->dht.disjoint_paths, 3U);
  std::filesystem::remove(path);
  Config changed = *config;
  const std::vector<Setting> back{{"dht.preset", "mycel"}};
  ASSERT_TRUE(apply_flags(changed, back));
  EXPECT_EQ(changed, Config{});
}

TEST(Config, ids_can_be_certified_only_where_somebody_certifies) {
  const std::string authority = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
  EXPECT_EQ(flag_problems({{"network.certified_ids", "true"}}),
            "--network.certified_ids: is of no use without network.authority, which says whose "
            "signature counts");
  EXPECT_EQ(flag_problems({{"network.certified_ids", "true"}, {"network.authority", authority}}),
            "--network.certified_ids: asks every node for a certificate, and this one has none; "
            "name it with network.certificate_file");
  EXPECT_EQ(flag_problems({{"network.id_difficulty", "33"}}),
            "--network.id_difficulty: \"33\" is not allowed; it must be a number from 0 to 32");
}

TEST(Config, a_bucket_can_not_take_more_of_a_subnet_than_the_table) {
  EXPECT_EQ(flag_problems({{"dht.subnet_per_bucket", "5"}, {"dht.subnet_per_table", "4"}}),
            "--dht.subnet_per_bucket: 5 is not allowed; it must be at most dht.subnet_per_table, "
            "which is 4");
  EXPECT_EQ(flag_problems({{"dht.subnet_per_bucket", "5"}, {"dht.subnet_per_table", "0"}}), "none");
  EXPECT_EQ(flag_problems({{"dht.network_per_table", "9"}}),
            "the command line: dht.network_per_bucket: 10 is not allowed; it must be at most "
            "dht.network_per_table, which is 9");
}

TEST(Config, metrics_stay_on_this_machine_unless_remote_is_allowed) {
  for (const auto* local : {"127.0.0.1:0", "127.0.0.1:9150", "[::1]:9150", ""})
    EXPECT_EQ(flag_problems({{"metrics.listen", local}, {"log.level", "warn"}}), "none") << local;
  EXPECT_EQ(flag_problems({{"metrics.listen", "0.0.0.0:9150"}}),
            "--metrics.listen: \"0.0.0.0:9150\" is reachable from other machines; use 127.0.0.1 or "
            "[::1], or set metrics.allow_remote = true");
  EXPECT_EQ(flag_problems({{"metrics.listen", "0.0.0.0:9150"}, {"metrics.allow_remote", "true"}}),
            "none");
  for (const auto* wrong :
       {"9150", ":9150", "localhost:9150", "127.0.0.1:99999", "127.0.0.1:", "::1:9150", "1/2:3"})
    EXPECT_NE(flag_problems({{"metrics.listen", wrong}}).find("is not allowed"), std::string::npos)
        << wrong;
}

TEST(Config, a_socket_path_that_no_system_call_takes_is_refused_with_the_way_out) {
  const std::string longest(106, 'x');
  EXPECT_EQ(flag_problems({{"control.socket", "/" + longest}}), "none");
  EXPECT_EQ(flag_problems({{"control.socket", "/" + longest + "x"}}),
            "--control.socket: \"/" + longest +
                "x\" has 108 bytes; the path of a Unix socket can have at most 107. Set "
                "control.socket to a shorter path, such as \"/run/mycel/control.sock\"");
  const std::string deep = "/" + std::string(100, 'd');
  EXPECT_NE(flag_problems({{"node.data_dir", deep}}).find("control.sock\" has 114 bytes"),
            std::string::npos);
  EXPECT_EQ(flag_problems({{"node.data_dir", deep}, {"control.socket", "/run/m.sock"}}), "none");
}

TEST(Config, flags_are_read_without_quotes_and_all_their_problems_told) {
  Config config;
  const std::vector<Setting> settings{
      {"dht.k", "16"},
      {"node.port_fallback", "false"},
      {"node.join", "/ip4/192.0.2.1/udp/1/quic-v1,/ip4/192.0.2.2/udp/2/quic-v1"},
      {"cards.lifetime", "90m"},
      {"limits.memory", "256MiB"},
      {"dht.namespaces", "[{prefix = '/app', rule = 'any'}]"},
      {"node.announce", ""}};
  const auto done = apply_flags(config, settings);
  ASSERT_TRUE(done) << to_text(done.error());
  EXPECT_EQ(config.dht.k, 16U);
  EXPECT_FALSE(config.node.port_fallback);
  EXPECT_EQ(config.node.join.size(), 2U);
  EXPECT_EQ(config.cards.lifetime, Duration{90min});
  EXPECT_EQ(config.limits.memory_bytes, std::uint64_t{256} << 20);
  EXPECT_EQ(config.dht.namespaces.at(0).prefix, "/app");
  EXPECT_EQ(flag_problems({{"dht.k", "many"}, {"dht.kk", "1"}, {"node.join", "nowhere"}}),
            "--dht.k: \"many\" is not allowed; it must be a number from 1 to 64\n"
            "--dht.kk: is not known; did you mean dht.k?\n"
            "--node.join: \"nowhere\" is not allowed; it must be a list of at most 64 multiaddrs, "
            "such as \"/ip4/192.0.2.1/udp/4150/quic-v1/p2p/12D3KooW...\"");
}

TEST(Config, a_namespace_can_not_take_the_place_of_cards_or_of_another) {
  for (const auto* wrong :
       {"[{prefix = '/mycel-card', rule = 'any'}]", "[{prefix = '/mycel-shared', rule = 'any'}]",
        "[{prefix = '/a', rule = 'none'}]", "[{prefix = 'a', rule = 'any'}]",
        "[{prefix = '/a/b', rule = 'any'}]", "[{prefix = '/a'}]",
        "[{prefix = '/a', rule = 'any'}, {prefix = '/a', rule = 'any'}]", "['/a']", "7", "[", ""})
    EXPECT_NE(flag_problems({{"dht.namespaces", wrong}}), "none") << wrong;
}

TEST(Config, the_effective_configuration_reads_back_as_the_same) {
  EXPECT_EQ(*parse(to_toml(Config{}), "f"), Config{});
  Config config;
  const std::vector<Setting> settings{{"node.data_dir", "/srv/a \"b\"\\c"},
                                      {"node.agent_version", "m\xc3\xa9"},
                                      {"dht.namespaces", "[]"},
                                      {"quic.keep_alive", "0s"},
                                      {"limits.memory", "123456789"},
                                      {"log.format", "json"}};
  ASSERT_TRUE(apply_flags(config, settings));
  const auto again = parse(to_toml(config), "f");
  ASSERT_TRUE(again) << to_text(again.error());
  EXPECT_EQ(*again, config);
}

TEST(Config, files_are_read_and_flags_can_cure_them) {
  const auto path = std::filesystem::temp_directory_path() /
                    ("mycel-config-test-" +
                     std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + ".toml");
  std::ofstream(path) << "[dht]\nrecord_ttl = \"10h\"\n";
  EXPECT_FALSE(load_file(path));
  const std::vector<Setting> cure{{"dht.republish", "5h"}, {"cards.republish", "5h"}};
  const auto config = load(path, cure);
  ASSERT_TRUE(config) << to_text(config.error());
  EXPECT_EQ(config->dht.record_ttl, Duration{10h});
  const std::vector<Setting> worse{{"dht.republish", "11h"}, {"cards.republish", "5h"}};
  EXPECT_TRUE(to_text(load(path, worse).error()).starts_with("--dht.republish: \"11h\""));
  std::filesystem::remove(path);
  EXPECT_EQ(to_text(load_file(path).error()),
            path.string() + ": the file cannot be opened for reading");
  EXPECT_EQ(to_text(load_file("/tmp").error()),
            "/tmp: the file cannot be read; is it a directory?");
  EXPECT_EQ(*load(std::nullopt, {}), Config{});
}

TEST(Config, files_of_a_node_are_where_its_environment_says) {
  const auto paths = [](const Config& config, const Environment& environment) {
    const auto found = resolve_paths(config, environment);
    return found ? found->data_dir + " " + found->control_socket + " " + found->passphrase_file
                 : to_text(found.error());
  };
  EXPECT_EQ(paths({}, {.home = "/h"}), "/h/.local/share/mycel /h/.local/share/mycel/control.sock ");
  EXPECT_EQ(paths({}, {.home = "/h", .xdg_data_home = "/x"}), "/x/mycel /x/mycel/control.sock ");
  EXPECT_EQ(paths({}, {.home = "/h",
                       .state_directory = "/var/lib/mycel:/var/lib/other",
                       .credentials_directory = "/run/c"}),
            "/var/lib/mycel /var/lib/mycel/control.sock /run/c/passphrase");
  Config config;
  config.node.data_dir = "~/m";
  config.keys.passphrase_file = "~/secret";
  EXPECT_EQ(paths(config, {.home = "/h", .credentials_directory = "/run/c"}),
            "/h/m /h/m/control.sock /h/secret");
  EXPECT_EQ(paths({}, {}),
            "node.data_dir: is not set, and neither is HOME; set it to a directory that the node "
            "may write to");
  EXPECT_NE(paths({}, {.home = "/" + std::string(120, 'h')}).find("at most 107"),
            std::string::npos);
}

TEST(Keys, each_key_says_what_it_is_and_belongs_to_a_section) {
  std::set<std::string_view> names;
  for (const Key& key : keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.doc.empty()) << key.name;
    EXPECT_FALSE(key.allowed.empty()) << key.name;
    EXPECT_FALSE(section_doc(section_of(key.name)).empty()) << key.name;
  }
}

TEST(Keys, the_reference_page_is_what_the_table_says) {
  const auto page = project_root() / "docs/operate/configuration.md";
  if (std::getenv("MYCEL_UPDATE_DOCS") != nullptr) std::ofstream(page) << reference_markdown();
  EXPECT_EQ(read(page), reference_markdown())
      << "run this test with MYCEL_UPDATE_DOCS=1 to write the page anew";
}

}  // namespace
}  // namespace mycel::config
