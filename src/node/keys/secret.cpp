#include "node/keys/secret.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "node/keys/private_files.hpp"

namespace mycel::keys {
namespace {

using Resolved = Result<std::optional<crypto::SecretBytes>, KeyError>;

Resolved checked(crypto::SecretBytes passphrase, const std::filesystem::path& source) {
  if (passphrase.empty())
    return Err{key_error(KeyProblem::passphrase_missing, source, "it gives an empty one")};
  if (passphrase.size() > passphrase_size_max_bytes)
    return Err{key_error(KeyProblem::malformed, source, "a passphrase has at most 1024 bytes")};
  return std::optional(std::move(passphrase));
}

void cut_line_break(crypto::SecretBytes& text) {
  for (const char end : {'\n', '\r'})
    if (!text.empty() && as_text(text).ends_with(end)) text.cut(text.size() - 1);
}

Resolved passphrase_in(const std::filesystem::path& file) {
  auto content = read_private_file(file, Privacy::any);
  if (!content) return Err{content.error()};
  if (!*content)
    return Err{key_error(KeyProblem::cannot_read, file, "the passphrase file does not exist")};
  cut_line_break(**content);
  return checked(std::move(**content), file);
}

Resolved passphrase_of(const SystemdCredential& credential) {
  const std::filesystem::path name = credential.name;
  if (name.empty() || name.filename() != name || name == "." || name == "..")
    return Err{KeyError{KeyProblem::bad_name,
                        "'" + credential.name +
                            "' is not a name for a systemd credential. Use the name that stands "
                            "before the colon in LoadCredential=."}};
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody changes the environment of a node
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0')
    return Err{
        KeyError{KeyProblem::passphrase_missing,
                 "The passphrase is to come from the systemd credential '" + credential.name +
                     "', but systemd passed no credentials. Put LoadCredential=" + credential.name +
                     ":/path/to/file into the unit, or name a passphrase file instead."}};
  return passphrase_in(folder / name);
}

}  // namespace

Resolved resolve(Secret secret) {
  if (const auto* file = std::get_if<PassphraseFile>(&secret)) return passphrase_in(file->file);
  if (const auto* credential = std::get_if<SystemdCredential>(&secret))
    return passphrase_of(*credential);
  if (auto* typed = std::get_if<TypedPassphrase>(&secret))
    return checked(std::move(typed->text), "the passphrase that was typed");
  return std::optional<crypto::SecretBytes>{};
}

}  // namespace mycel::keys
