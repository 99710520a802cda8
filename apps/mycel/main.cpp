// The one program: a node, the commands that talk to it, and the simulator.

#include <cstdio>
#include <map>
#include <string>

#include "apps/mycel/arguments.hpp"
#include "apps/mycel/ask.hpp"
#include "apps/mycel/content.hpp"
#include "apps/mycel/offline.hpp"
#include "apps/mycel/simulate.hpp"
#include "apps/mycel/up.hpp"
#include "apps/mycel/watch.hpp"

int main(int argc, char** argv) {
  using namespace mycel::app;
  const auto arguments = parse_arguments(argc, argv);
  if (!arguments) {
    std::fprintf(arguments.error().code == done ? stdout : stderr, "%s",
                 arguments.error().text.c_str());
    return arguments.error().code;
  }
  const std::map<std::string, int (*)(const Arguments&)> commands{
      {"up", run_node},
      {"config", print_config},
      {"version", print_version},
      {"card verify", verify_card_file},
      {"card watch", watch_card},
      {"content root", name_content},
      {"content prove", prove_part_of_content},
      {"content verify", verify_part_of_content},
      {"content put", put_content},
      {"content get", get_content},
      {"identity show", show_identity},
      {"identity new", new_identity},
      {"identity backup", backup_identity},
      {"identity restore", restore_identity},
      {"network create", create_network},
      {"network admit", admit_to_network},
      {"sim run", run_simulation},
      {"sim list", list_scenarios},
      {"sim costs", count_costs},
  };
  const auto command = commands.find(arguments->command);
  return command == commands.end() ? ask(*arguments) : command->second(*arguments);
}
