// Two nodes in one process: the second joins the first, an agent's card is published on one, and
// found and checked on the other.

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>

#include <mycel/mycel.hpp>

namespace {

constexpr const char* card = R"({
  "protocolVersion": "0.3.0",
  "name": "Echo",
  "description": "Says what it hears.",
  "url": "https://echo.example.net/a2a",
  "version": "1.0.0",
  "capabilities": {},
  "defaultInputModes": ["text/plain"],
  "defaultOutputModes": ["text/plain"],
  "skills": [{"id": "echo", "name": "Echo", "description": "Repeats a text.", "tags": ["text"]}]
})";

int fail(const std::string& what, const std::string& why) {
  std::cerr << what << ": " << why << "\n";
  return EXIT_FAILURE;
}

int run(const std::filesystem::path& folder) {
  // Loopback, and a port that the system chooses.
  const std::string anywhere = "/ip4/127.0.0.1/udp/0/quic-v1";
  mycel::Node first({.data_dir = folder / "first", .listen = {anywhere}});
  if (!first.error().empty()) return fail("the first node", first.error());
  mycel::Node second(
      {.data_dir = folder / "second", .listen = {anywhere}, .join = first.addresses()});
  if (!second.error().empty()) return fail("the second node", second.error());

  for (mycel::Node* node : {&first, &second}) {
    const auto known = node->wait_for_peers(1, std::chrono::seconds(20));
    if (!known) return fail("waiting for the other node", known.error());
    std::cout << "node      " << node->peer() << "\n";
  }

  const auto published = first.publish_card(card);
  if (!published) return fail("publishing", published.error());
  std::cout << "published " << published->did << "\n";

  const auto found = second.resolve_card(published->did);
  if (!found) return fail("resolving", found.error());
  std::cout << "resolved  " << found->cid << "\n" << found->document << "\n";
  return EXIT_SUCCESS;
}

}  // namespace

int main() {
  std::string pattern = std::filesystem::temp_directory_path() / "two-nodes-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) return fail(pattern, "cannot be made");
  const int code = run(pattern);
  std::filesystem::remove_all(pattern);
  return code;
}
