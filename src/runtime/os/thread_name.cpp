#include "runtime/os/thread_name.hpp"

#include <string>

#include <sys/prctl.h>

namespace mycel::os {

void name_this_thread(const std::string& name) {
  ::prctl(PR_SET_NAME, name.c_str());
}

}  // namespace mycel::os
