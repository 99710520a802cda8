#include "runtime/os/files.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "foundation/base/bytes.hpp"

#include "runtime/os/temporary_directory.hpp"

namespace mycel::os {
namespace {

using Kind = FileError::Kind;
using testing::HasSubstr;

std::string content_of(const std::string& path) {
  const auto content = read_file(path, 1 << 20);
  return content ? std::string(as_text(*content)) : "(" + content.error().text + ")";
}

void write_plain(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

TEST(Files, what_was_written_is_read) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("key");
  const std::string content = std::string(10'000, 'x') + '\0' + "end";
  ASSERT_TRUE(write_private_file(path, as_bytes(content)));
  EXPECT_EQ(content_of(path), content);
}

TEST(Files, a_private_file_is_for_its_owner_only_even_when_it_replaces_one_that_was_not) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("key");
  write_plain(path, "old");
  std::filesystem::permissions(path, std::filesystem::perms::all);
  ASSERT_TRUE(write_private_file(path, as_bytes("new")));
  struct stat found{};
  ASSERT_EQ(::stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  EXPECT_EQ(content_of(path), "new");
}

TEST(Files, half_a_file_of_a_crash_changes_nothing_and_is_cleared_away) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("key");
  ASSERT_TRUE(write_private_file(path, as_bytes("whole")));
  write_plain(path + ".new", "hal");
  EXPECT_EQ(content_of(path), "whole");
  ASSERT_TRUE(write_private_file(path, as_bytes("next")));
  EXPECT_EQ(content_of(path), "next");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(Files, a_planted_link_is_replaced_and_what_it_points_at_stays) {
  const TemporaryDirectory directory;
  const std::string target = directory.file("target");
  write_plain(target, "untouched");
  const std::string path = directory.file("key");
  std::filesystem::create_symlink(target, path);
  std::filesystem::create_symlink(target, path + ".new");
  ASSERT_TRUE(write_private_file(path, as_bytes("secret")));
  EXPECT_EQ(content_of(target), "untouched");
  EXPECT_FALSE(std::filesystem::is_symlink(path));
}

// In a child, because the limit is of the whole process.
TEST(Files, when_there_is_no_room_the_old_file_stays_and_the_error_says_so) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("key");
  ASSERT_TRUE(write_private_file(path, as_bytes("old")));
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{.rlim_cur = 1000, .rlim_max = 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto written = write_private_file(path, as_bytes(std::string(5000, 'x')));
    ::_exit(!written && written.error().kind == Kind::full ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(content_of(path), "old");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
}

TEST(Files, a_missing_file_is_named) {
  const auto content = read_file("/nowhere/at/all", 100);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().kind, Kind::missing);
  EXPECT_THAT(content.error().text, HasSubstr("/nowhere/at/all"));
}

TEST(Files, a_file_that_is_too_large_is_refused_without_reading_it_all) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("big");
  write_plain(path, "12345678");
  EXPECT_TRUE(read_file(path, 8));
  const auto content = read_file(path, 7);
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().kind, Kind::too_large);
  EXPECT_FALSE(read_file("/dev/zero", 100'000));
}

TEST(Files, a_directory_is_no_file) {
  const auto content = read_file("/tmp", 100);
  ASSERT_FALSE(content);
  EXPECT_THAT(content.error().text, HasSubstr("it is a directory"));
}

TEST(Files, directories_are_made_with_those_above_them_for_the_owner_only) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a/b//c/");
  ASSERT_TRUE(make_private_directory(path));
  ASSERT_TRUE(make_private_directory(path)) << "once more is no error";
  struct stat found{};
  ASSERT_EQ(::stat(directory.file("a/b/c").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
}

TEST(Files, a_file_in_the_way_of_a_directory_is_named) {
  const TemporaryDirectory directory;
  write_plain(directory.file("a"), "");
  const auto made = make_private_directory(directory.file("a/b"));
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text, HasSubstr(directory.file("a") + ":"));
  EXPECT_THAT(made.error().text, HasSubstr("not a directory"));
}

TEST(DirectoryLock, keeps_a_second_one_out_and_names_the_holder) {
  const TemporaryDirectory directory;
  const auto first = DirectoryLock::take(directory.path());
  ASSERT_TRUE(first);
  const auto second = DirectoryLock::take(directory.path());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, Kind::in_use);
  EXPECT_THAT(second.error().text, HasSubstr(directory.path()));
  EXPECT_THAT(second.error().text, HasSubstr("process " + std::to_string(::getpid())));
}

TEST(DirectoryLock, goes_with_its_process_however_that_ends) {
  const TemporaryDirectory directory;
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = DirectoryLock::take(directory.path());
    if (lock) ::raise(SIGKILL);
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(DirectoryLock::take(directory.path()));
}

TEST(DirectoryLock, is_given_back_when_its_owner_lets_go) {
  const TemporaryDirectory directory;
  { const auto lock = DirectoryLock::take(directory.path()); }
  EXPECT_TRUE(DirectoryLock::take(directory.path()));
}

}  // namespace
}  // namespace mycel::os
