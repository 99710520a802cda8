#pragma once
// The command line as values. CLI11 stays in arguments.cpp: it takes seconds to compile.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "foundation/base/result.hpp"

namespace mycel::app {

/// What a script may rely on.
enum ExitCode : int { done = 0, refused = 1, wrong_usage = 2, no_node = 3 };

/// Of `mycel sim run` and `mycel sim costs`.
struct Simulation {
  std::uint64_t seed = 1;
  std::string seeds;        ///< "1..20"; empty: only `seed`
  std::uint32_t nodes = 0;  ///< 0: as the scenario says
  std::string keep_faults;  ///< this and the next three: sim/reduction.hpp; empty: all
  std::string keep_liars;
  std::string without_nodes;
  std::string safety;
  std::string plant;  ///< a bug; empty: none
  std::string plot;   ///< an SVG file; empty: none
  bool is_traced = false;
  bool is_full_trace = false;
  bool is_shrunk = false;
};

struct Arguments {
  std::string command;  ///< "up", "card publish", "record get", ...
  bool is_json = false;
  std::string data_dir;  ///< empty: the default
  std::string config_file;
  std::string control;              ///< socket path; empty: that of the data folder
  std::vector<std::string> listen;  ///< multiaddrs
  std::vector<std::string> join;
  std::vector<std::string> announce;
  std::vector<std::string> settings;  ///< KEY=VALUE
  std::string first;                  ///< the command's own words
  std::string second;
  std::string third;
  std::vector<std::string> writers;  ///< DIDs
  std::string agent;                 ///< name of the key that signs; empty: the default one
  std::string file;
  std::string protocol;
  std::string out;
  bool is_unchecked = false;
  bool is_explained = false;
  bool is_witnessed = false;
  bool is_all = false;
  bool is_cleared = false;
  bool is_fresh = false;  ///< what the node found a moment ago will not do
  std::uint64_t at = 0;   ///< a byte of a file
  std::uint32_t count = 0;
  std::uint32_t quorum = 1;
  std::uint32_t every_s = 2;
  std::uint32_t difficulty = 0;
  std::uint64_t timeout_s = 0;  ///< 0: as long as the command may take
  Simulation sim;
};

/// What to print, and the code to end with, when there is no command to run.
struct Exit {
  int code = done;
  std::string text;
};

Result<Arguments, Exit> parse_arguments(int argc, const char* const* argv);

}  // namespace mycel::app
