#include "runtime/store/rocks_log.hpp"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string_view>

#include <rocksdb/env.h>

#include "foundation/base/log.hpp"

namespace mycel::store {
namespace {

class RocksLog final : public rocksdb::Logger {
 public:
  explicit RocksLog(Log log) : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(log) {}

  void Logv(const char*, va_list) override {}
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level >= rocksdb::InfoLogLevel::HEADER_LEVEL)
      return;
    std::array<char, 512> text{};
    const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (size <= 0) return;
    const std::string_view said(text.data(),
                                std::min(static_cast<std::size_t>(size), text.size() - 1));
    if (level == rocksdb::InfoLogLevel::WARN_LEVEL)
      log_.warn("the database warns", {{"text", said}});
    else
      log_.error("the database reports an error", {{"text", said}});
  }
  using rocksdb::Logger::Logv;

 private:
  const Log log_;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> rocks_log(Log log) {
  return std::make_shared<RocksLog>(log);
}

}  // namespace mycel::store
