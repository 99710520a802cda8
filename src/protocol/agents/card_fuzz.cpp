// Any bytes: a card file is refused with a reason, or its document reads back as the same card and
// is its own canonical form.

#include <string_view>

#include "foundation/base/check.hpp"

#include "protocol/agents/card.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mycel;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)agents::parse_card(as_bytes(text));
  const auto file = agents::parse_card_file(text);
  if (!file) {
    check(!file.error().problems.empty(), "a refusal says why");
    return 0;
  }
  check(bool(agents::parse_card(file->document)), "what is signed can be read");
  const auto again = agents::parse_card_file(as_text(file->document));
  check(again && again->document == file->document, "a canonical document stays as it is");
  return 0;
}
