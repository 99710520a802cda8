// Any text: a configuration is refused with a reason, or prints as one that reads back the same. A
// text that begins with '-' is "-KEY=VALUE" and is taken as a flag.

#include <string_view>

#include "foundation/base/check.hpp"

#include "node/config/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mycel;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Result<config::Config, config::ConfigErrors> read = config::Config{};
  if (text.starts_with('-')) {
    const auto equals = std::min(text.find('='), text.size());
    const config::Setting flag{std::string(text.substr(1, equals - (equals > 0 ? 1 : 0))),
                               std::string(text.substr(std::min(equals + 1, text.size())))};
    config::Config changed;
    const auto done = config::apply_flags(changed, {&flag, 1});
    check(done || !done.error().problems.empty(), "a refusal says why");
    read = changed;
  } else {
    read = config::parse(text, "f");
  }
  if (!read) {
    check(!config::to_text(read.error()).empty(), "a refusal says why");
    return 0;
  }
  const auto again = config::parse(config::to_toml(*read), "again");
  check(again && *again == *read, "what is printed reads back as the same");
  return 0;
}
