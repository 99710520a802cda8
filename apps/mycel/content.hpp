#pragma once
// Large content: named, proved and checked in parts without a node, stored and found with one.

#include "apps/mycel/arguments.hpp"

namespace mycel::app {

/// Each prints what it did and returns the exit code.
int name_content(const Arguments& arguments);
int prove_part_of_content(const Arguments& arguments);
int verify_part_of_content(const Arguments& arguments);
int put_content(const Arguments& arguments);
int get_content(const Arguments& arguments);

}  // namespace mycel::app
