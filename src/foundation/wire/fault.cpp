#include "foundation/wire/fault.hpp"

namespace mycel::wire {

std::string_view to_text(Fault fault) {
  switch (fault) {
    case Fault::truncated:
      return "truncated";
    case Fault::trailing_bytes:
      return "trailing_bytes";
    case Fault::too_large:
      return "too_large";
    case Fault::malformed:
      return "malformed";
    case Fault::not_canonical:
      return "not_canonical";
    case Fault::missing_field:
      return "missing_field";
    case Fault::unknown_kind:
      return "unknown_kind";
    case Fault::bad_signature:
      return "bad_signature";
    case Fault::wrong_signer:
      return "wrong_signer";
  }
  return "unknown";
}

}  // namespace mycel::wire
