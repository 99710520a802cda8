#include "node/keys/key_error.hpp"

namespace mycel::keys {
namespace {

struct Words {
  std::string_view fact;     ///< follows the name of the file
  std::string_view way_out;  ///< whole sentences; % stands for the name of the file
};

Words words_for(KeyProblem problem) {
  switch (problem) {
    case KeyProblem::bad_name:
      return {"is not a name for an agent",
              "Use 1 to 64 letters, digits, dots, dashes or underscores, the first not a dot."};
    case KeyProblem::cannot_read:
      return {"cannot be read",
              "Check that it exists and that the user who runs mycel may read it."};
    case KeyProblem::cannot_write:
      return {"cannot be written",
              "Check that there is room on the disk and that the user who runs mycel may write "
              "there."};
    case KeyProblem::open_to_others:
      return {"is open to other users of this machine",
              "Close it with: chmod go= '%'. If others may have read a key, replace the key."};
    case KeyProblem::malformed:
      return {"is damaged or not what it should be, and was left as it is",
              "Restore it from a backup, or move it away to start with a new key."};
    case KeyProblem::truncated:
      return {"ends too soon", "Copy it again from where it came from."};
    case KeyProblem::passphrase_missing:
      return {"needs a passphrase",
              "Name a passphrase file or a systemd credential in the configuration, or give the "
              "passphrase when asked."};
    case KeyProblem::wrong_passphrase:
      return {"does not open with this passphrase",
              "Give the passphrase it was encrypted with. If it is the right one, the file is "
              "damaged: restore it from a backup."};
    case KeyProblem::unsupported_key:
      return {"holds a key, or uses an encryption, that mycel does not know",
              "Convert it with openssl pkcs8 -topk8, or move it away to start with a new key."};
    case KeyProblem::already_exists:
      return {"exists already, and was left as it is", "Choose another name, or move it away."};
    case KeyProblem::other_identity:
      return {"holds other keys, and was left as it is",
              "Choose another folder, or move '%' away first if its keys are no longer needed."};
    case KeyProblem::too_many:
      return {"holds more agent keys than mycel can use", "Move those away that are not needed."};
  }
  return {"is unusable", ""};
}

}  // namespace

std::string key_problem_text(KeyProblem problem, const std::filesystem::path& file,
                             std::string_view detail) {
  const Words words = words_for(problem);
  std::string text = "'" + file.string() + "' " + std::string(words.fact);
  if (!detail.empty()) text += " (" + std::string(detail) + ")";
  text += ". ";
  for (const char c : words.way_out) {
    if (c == '%')
      text += file.string();
    else
      text += c;
  }
  return text;
}

KeyError key_error(KeyProblem problem, const std::filesystem::path& file, std::string_view detail) {
  return {problem, key_problem_text(problem, file, detail)};
}

}  // namespace mycel::keys
