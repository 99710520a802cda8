#pragma once
// What can be wrong with keys on disk, in words that name the file and the way out.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace mycel::keys {

enum class KeyProblem : std::uint8_t {
  bad_name,            ///< of an agent
  cannot_read,         ///< the system's answer is in the text
  cannot_write,        ///< as above
  open_to_others,      ///< group or others may read a key, or change its folder
  malformed,           ///< cut short, damaged, or something else altogether
  truncated,           ///< a backup that ends too soon
  passphrase_missing,  ///< encrypted, and there is no passphrase; or it could not be found
  wrong_passphrase,    ///< or the encrypted part is damaged: key files cannot tell
  unsupported_key,     ///< whole, but not a key or an encryption that Mycel uses
  already_exists,      ///< a file is in the way
  other_identity,      ///< other keys are in the way
  too_many,            ///< more agents than `agents_max`
};

struct KeyError {
  KeyProblem problem;
  std::string text;  ///< one or two sentences for a person
};

/// Names `file`, what is wrong with it and what to do. `detail` is added to the fact, e.g. what the
/// system said; it may be empty.
std::string key_problem_text(KeyProblem problem, const std::filesystem::path& file,
                             std::string_view detail = {});

/// The error with that text.
KeyError key_error(KeyProblem problem, const std::filesystem::path& file,
                   std::string_view detail = {});

}  // namespace mycel::keys
