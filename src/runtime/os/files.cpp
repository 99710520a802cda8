#include "runtime/os/files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "foundation/base/bytes.hpp"
#include "foundation/base/result.hpp"

#include "runtime/os/fd.hpp"

namespace mycel::os {
namespace {

using Kind = FileError::Kind;

Kind kind_of(int error) {
  switch (error) {
    case ENOENT:
      return Kind::missing;
    case EACCES:
    case EPERM:
    case EROFS:
      return Kind::denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Kind::full;
    default:
      return Kind::other;
  }
}

std::string way_out(int error) {
  switch (error) {
    case ENOENT:
      return "it does not exist. Check the path.";
    case EACCES:
    case EPERM:
      return "permission denied. Run as the user who owns it, or change its owner or mode.";
    case EROFS:
      return "the file system is read-only. Choose a directory that can be written to.";
    case ENOSPC:
    case EDQUOT:
      return "no space is left. Free some, or choose another disk.";
    case EFBIG:
      return "the limit on the size of files is reached. Raise it (ulimit -f).";
    case ENOTDIR:
      return "a part of the path is not a directory. Check the path.";
    case EISDIR:
      return "it is a directory, where a file is needed. Check the path.";
    case EMFILE:
    case ENFILE:
      return "too many open files. Raise the limit (ulimit -n).";
    case EIO:
      return "the disk reports an error. Check it before going on.";
    default:
      return std::string(::strerrordesc_np(error)) + ".";
  }
}

Err<FileError> failed(std::string_view what, const std::string& path, int error) {
  return Err{FileError{.kind = kind_of(error),
                       .text = "cannot " + std::string(what) + " " + path + ": " + way_out(error)}};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

int opened(const std::string& path, int flags, mode_t mode = 0) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

// 0 or an errno, in what follows.

int write_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return 0;
}

int sync_directory(const std::string& path) {
  const Fd fd(opened(path, O_RDONLY | O_DIRECTORY));
  return fd && ::fsync(fd.get()) == 0 ? 0 : errno;
}

int write_new(const std::string& path, ByteView content) {
  // What a crash left behind may belong to somebody else by now: never write into it.
  ::unlink(path.c_str());
  const Fd fd(opened(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!fd) return errno;
  if (const int error = write_all(fd.get(), content)) return error;
  return ::fsync(fd.get()) == 0 ? 0 : errno;
}

int read_some(int fd, std::vector<std::byte>& into, std::size_t size_max) {
  std::size_t size = 0;
  while (size < size_max) {
    into.resize(std::min(size_max, std::max<std::size_t>(4096, size * 2)));
    const auto count = ::read(fd, into.data() + size, into.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  into.resize(size);
  return 0;
}

std::string holder_of(int fd) {
  std::array<char, 16> text{};
  const auto count = ::pread(fd, text.data(), text.size() - 1, 0);
  int pid = 0;
  const auto end = text.data() + (count > 0 ? count : 0);
  if (std::from_chars(text.data(), end, pid).ec != std::errc{} || pid <= 0) return "";
  return " (process " + std::to_string(pid) + ")";
}

Err<FileError> in_use(const std::string& directory, int fd) {
  return Err{FileError{.kind = Kind::in_use,
                       .text = "cannot use " + directory + ": another mycel" + holder_of(fd) +
                               " uses this directory. Stop it, or choose another directory."}};
}

}  // namespace

Result<Bytes, FileError> read_file(const std::string& path, std::size_t size_max_bytes) {
  const Fd fd(opened(path, O_RDONLY));
  if (!fd) return failed("read", path, errno);
  std::vector<std::byte> content;
  if (const int error = read_some(fd.get(), content, size_max_bytes + 1))
    return failed("read", path, error);
  if (content.size() > size_max_bytes)
    return Err{FileError{.kind = Kind::too_large,
                         .text = "cannot read " + path + ": it is larger than " +
                                 std::to_string(size_max_bytes) +
                                 " bytes, so it is not the file that is meant. Check the path."}};
  return Bytes(std::move(content));
}

Result<void, FileError> write_private_file(const std::string& path, ByteView content) {
  const std::string fresh = path + ".new";
  int error = write_new(fresh, content);
  if (error == 0 && ::rename(fresh.c_str(), path.c_str()) != 0) error = errno;
  if (error != 0) {
    ::unlink(fresh.c_str());
    return failed("write", path, error);
  }
  if (const int sync_error = sync_directory(directory_of(path)))
    return failed("write", path, sync_error);
  return {};
}

Result<void, FileError> make_private_directory(const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    struct stat found{};
    if (::stat(part.c_str(), &found) == 0) {
      if (!S_ISDIR(found.st_mode)) return failed("make the directory", part, ENOTDIR);
    } else if (errno != ENOENT || (::mkdir(part.c_str(), S_IRWXU) != 0 && errno != EEXIST)) {
      return failed("make the directory", part, errno);
    } else if (const int error = sync_directory(directory_of(part))) {
      return failed("make the directory", part, error);
    }
    if (end == std::string::npos) return {};
  }
}

Result<DirectoryLock, FileError> DirectoryLock::take(const std::string& directory) {
  const std::string path = directory + "/mycel.lock";
  Fd fd(opened(path, O_RDWR | O_CREAT | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!fd) return failed("use", path, errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? in_use(directory, fd.get()) : failed("lock", path, errno);
  // For the reader of the next error; the lock holds even when this cannot be written.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd.get(), 0) == 0) write_all(fd.get(), as_bytes(pid));
  return DirectoryLock(std::move(fd));
}

}  // namespace mycel::os
