#pragma once
// The loop as Boost.Asio sees it, for modules that speak HTTP over it.

#include <boost/asio/io_context.hpp>

#include "runtime/os/loop.hpp"

namespace mycel::os {

/// The context whose handlers run on the loop's thread, during Loop::run(). Never call its own
/// run() or stop(). It lives as long as the loop.
boost::asio::io_context& io_context_of(Loop& loop);

}  // namespace mycel::os
