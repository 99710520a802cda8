#include "node/keys/private_files.hpp"

#include <cerrno>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mycel::keys {
namespace {

using std::filesystem::path;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

std::string system_says() {
  return std::generic_category().message(errno);
}
Err<KeyError> cannot_read(const path& file) {
  return Err{key_error(KeyProblem::cannot_read, file, system_says())};
}
Err<KeyError> cannot_write(const path& file) {
  return Err{key_error(KeyProblem::cannot_write, file, system_says())};
}

path folder_of(const path& file) {
  return file.has_parent_path() ? file.parent_path() : path(".");
}

std::string mode_text(mode_t mode) {
  std::string text = "mode 0000";
  for (std::size_t digit = 0; digit < 3; ++digit)
    text[text.size() - 1 - digit] = static_cast<char>('0' + (mode >> (3 * digit) & 7U));
  return text;
}

/// Reads until `room` is full or the file ends; how much there was, or none on failure.
std::optional<std::size_t> read_some(int descriptor, std::span<std::byte> room) {
  std::size_t size = 0;
  while (size < room.size()) {
    const ssize_t got = ::read(descriptor, room.data() + size, room.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

bool write_all(int descriptor, ByteView content) {
  while (!content.empty()) {
    const ssize_t put = ::write(descriptor, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    content = content.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

/// A whole, synced file under another name; what an earlier attempt left there goes.
bool write_beside(const path& beside, ByteView content) {
  if (::unlink(beside.c_str()) != 0 && errno != ENOENT) return false;
  const Descriptor out(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  return out && ::fchmod(out.number(), 0600) == 0 && write_all(out.number(), content) &&
         ::fsync(out.number()) == 0;
}

bool move_into_place(const path& beside, const path& file, WhenPresent when_present) {
  if (when_present == WhenPresent::replace) return ::rename(beside.c_str(), file.c_str()) == 0;
  // link() never replaces, so that a key that appeared meanwhile is safe.
  return ::link(beside.c_str(), file.c_str()) == 0 && ::unlink(beside.c_str()) == 0;
}

}  // namespace

path without_last_slash(const path& folder) {
  return folder.has_filename() || !folder.has_parent_path() ? folder : folder.parent_path();
}

Result<std::optional<crypto::SecretBytes>, KeyError> read_private_file(const path& file,
                                                                       Privacy privacy) {
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!in && errno == ENOENT) return std::optional<crypto::SecretBytes>{};
  struct stat about{};
  if (!in || ::fstat(in.number(), &about) != 0) return cannot_read(file);
  if (!S_ISREG(about.st_mode))
    return Err{key_error(KeyProblem::cannot_read, file, "it is not a regular file")};
  if (privacy == Privacy::owner_only && (about.st_mode & 077) != 0)
    return Err{key_error(KeyProblem::open_to_others, file, mode_text(about.st_mode))};
  if (about.st_size < 0 || static_cast<std::uint64_t>(about.st_size) > private_file_size_max_bytes)
    return Err{key_error(KeyProblem::malformed, file, "it is larger than 1 MiB")};
  crypto::SecretBytes content(static_cast<std::size_t>(about.st_size));
  const auto size = read_some(in.number(), content.writable());
  if (!size) return cannot_read(file);
  content.cut(*size);
  return std::optional(std::move(content));
}

Result<void, KeyError> write_private_file(const path& file, ByteView content,
                                          WhenPresent when_present) {
  const path beside = folder_of(file) / ("." + file.filename().string() + ".new");
  if (!write_beside(beside, content)) return cannot_write(beside);
  if (!move_into_place(beside, file, when_present)) {
    const int why = errno;
    ::unlink(beside.c_str());
    if (why == EEXIST) return Err{key_error(KeyProblem::already_exists, file)};
    errno = why;
    return cannot_write(file);
  }
  return sync_folder(folder_of(file));
}

Result<void, KeyError> make_private_folder(const path& wanted) {
  const path folder = without_last_slash(wanted);
  std::error_code failure;
  std::filesystem::create_directories(folder_of(folder), failure);  // mkdir says what is wrong
  if (::mkdir(folder.c_str(), 0700) == 0) return sync_folder(folder_of(folder));
  if (errno != EEXIST) return cannot_write(folder);
  struct stat about{};
  if (::stat(folder.c_str(), &about) != 0) return cannot_read(folder);
  if (!S_ISDIR(about.st_mode))
    return Err{key_error(KeyProblem::cannot_write, folder, "it is not a folder")};
  if ((about.st_mode & 022) != 0)
    return Err{key_error(KeyProblem::open_to_others, folder, mode_text(about.st_mode))};
  return {};
}

Result<void, KeyError> sync_folder(const path& folder) {
  const Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // EINVAL: a file system that has nothing to sync for a folder.
  if (!directory || (::fsync(directory.number()) != 0 && errno != EINVAL))
    return cannot_write(folder);
  return {};
}

Result<FolderLock, KeyError> FolderLock::take(const path& folder) {
  const path file = folder / ".lock";
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return cannot_write(file);
  FolderLock lock(descriptor);
  while (::flock(descriptor, LOCK_EX) != 0)
    if (errno != EINTR) return cannot_write(file);
  return lock;
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ >= 0) ::close(descriptor_);  // gives the lock back
}

}  // namespace mycel::keys
