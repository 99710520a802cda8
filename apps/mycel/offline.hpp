#pragma once
// Commands that need no running node: signed card files and the keys of a stopped node.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

int verify_card_file(const Arguments& arguments);
int show_identity(const Arguments& arguments);
/// Makes the peer key of a node that has none yet.
int new_identity(const Arguments& arguments);
int backup_identity(const Arguments& arguments);
int restore_identity(const Arguments& arguments);
/// Makes the key of a closed network's authority.
int create_network(const Arguments& arguments);
/// Signs a membership certificate with it.
int admit_to_network(const Arguments& arguments);
int print_version(const Arguments& arguments);

}  // namespace mycel::app
