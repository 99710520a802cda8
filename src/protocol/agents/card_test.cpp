#include "protocol/agents/card.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace mycel::agents {
namespace {

const std::string smallest =
    R"({"name":"Echo","description":"Says it again.","url":"https://e.example/a2a",)"
    R"("version":"1","skills":[]})";

/// The smallest card with one more field.
std::string with(const std::string& field) {
  return smallest.substr(0, smallest.size() - 1) + "," + field + "}";
}
std::string with_skill(const std::string& skill) {
  std::string card = smallest;
  return card.replace(card.find("[]"), 2, "[" + skill + "]");
}
std::string problems_of(const std::string& json) {
  const auto file = parse_card_file(json);
  return file ? "none" : to_text(file.error());
}

/// The checkout that this test runs in.
std::filesystem::path project_root() {
  auto folder = std::filesystem::current_path();
  while (folder.has_relative_path() && !exists(folder / "src/layers.toml"))
    folder = folder.parent_path();
  return folder;
}

TEST(Card, the_smallest_card_gets_what_a2a_demands) {
  const auto file = parse_card_file(smallest);
  ASSERT_TRUE(file) << to_text(file.error());
  EXPECT_EQ(as_text(file->document),
            R"({"capabilities":{},"defaultInputModes":["text/plain"],)"
            R"("defaultOutputModes":["text/plain"],"description":"Says it again.",)"
            R"("name":"Echo","protocolVersion":"0.3.0","skills":[],)"
            R"("url":"https://e.example/a2a","version":"1"})");
  EXPECT_EQ(file->card.name, "Echo");
  EXPECT_EQ(file->card.protocol_version, "0.3.0");
  EXPECT_EQ(file->expires_in, std::nullopt);
}

TEST(Card, known_fields_are_read_and_unknown_ones_kept_as_they_were_written) {
  const auto file = parse_card_file(
      with(R"("x-colour":{"shade":1.50,"big":12345678901234567890123},"provider":)"
           R"({"organization":"Org","url":"https://o.example","x":true},"capabilities":)"
           R"({"streaming":true},"additionalInterfaces":[{"url":"grpc://e","transport":"GRPC"}])"));
  ASSERT_TRUE(file) << to_text(file.error());
  EXPECT_NE(
      as_text(file->document).find(R"("x-colour":{"big":12345678901234567890123,"shade":1.50})"),
      std::string_view::npos);
  EXPECT_EQ(file->card.provider->organization, "Org");
  EXPECT_TRUE(file->card.capabilities.streaming);
  EXPECT_FALSE(file->card.capabilities.push_notifications);
  ASSERT_EQ(file->card.interfaces.size(), 1U);
  EXPECT_EQ(file->card.interfaces[0].transport, "GRPC");
}

TEST(Card, what_is_said_to_the_publishing_node_does_not_leave_it) {
  const auto file =
      parse_card_file(with(R"("mycel":{"expires_in":"90m","agent":"echo-1","region":"eu-north"})"));
  ASSERT_TRUE(file) << to_text(file.error());
  EXPECT_EQ(file->expires_in, Duration{90min});
  EXPECT_EQ(file->agent, "echo-1");
  EXPECT_EQ(file->card.region, "eu-north");
  EXPECT_NE(as_text(file->document).find(R"("mycel":{"region":"eu-north"})"),
            std::string_view::npos);
  const auto silent = parse_card_file(with(R"("mycel":{"expires_in":"90m"})"));
  ASSERT_TRUE(silent);
  EXPECT_EQ(as_text(silent->document).find("mycel"), std::string_view::npos);
}

TEST(Card, a_document_reads_back_as_the_card_it_was_made_of) {
  const auto file = parse_card_file(
      with_skill(R"({"id":"a","name":"A","description":"d","tags":["t"],"examples":["e"]})"));
  ASSERT_TRUE(file) << to_text(file.error());
  const auto card = parse_card(file->document);
  ASSERT_TRUE(card) << to_text(card.error());
  ASSERT_EQ(card->skills.size(), 1U);
  EXPECT_EQ(card->skills[0].id, "a");
  EXPECT_EQ(card->skills[0].examples, std::vector<std::string>{"e"});
  EXPECT_EQ(parse_card_file(as_text(file->document))->document, file->document);
}

TEST(Card, a_card_of_a2a_1_0_needs_no_url_beside_its_interfaces) {
  const std::string card =
      R"({"name":"N","description":"d","version":"1","skills":[],"supportedInterfaces":)"
      R"([{"url":"https://n.example","protocolBinding":"JSONRPC","protocolVersion":"1.0"}]})";
  const auto file = parse_card_file(card);
  ASSERT_TRUE(file) << to_text(file.error());
  EXPECT_EQ(file->card.interfaces.at(0).transport, "JSONRPC");
}

TEST(Card, every_problem_names_the_field_the_value_and_what_is_allowed) {
  EXPECT_EQ(problems_of(R"({"name":"","url":"example.org","version":7,"skills":{}})"),
            "name: is empty; it must be 1 to 256 bytes without control characters\n"
            "description: is missing; it must be 1 to 4096 bytes of text\n"
            "url: \"example.org\" is not allowed; it must be an absolute URL of at most 2048 "
            "bytes, such as \"https://example.org/a2a\"\n"
            "version: is a number; it must be a string\n"
            "skills: is an object; it must be an array");
  const std::string skill = R"({"id":"a","name":"A","description":"d","tags":[]})";
  EXPECT_EQ(problems_of(with_skill(skill + "," + skill + R"(,{"name":"C","tags":["x",1]},7)")),
            "skills[1].id: \"a\" is the id of an earlier skill; each skill needs an id of its own\n"
            "skills[2].id: is missing; it must be 1 to 128 bytes without control characters\n"
            "skills[2].description: is missing; it must be 1 to 4096 bytes of text\n"
            "skills[2].tags[1]: is a number; it must be a string\n"
            "skills[3]: is a number; it must be an object");
  EXPECT_EQ(problems_of(with(R"("mycel":{"expires_in":"2 days","expire":"1h"})")),
            "mycel.expires_in: \"2 days\" is not allowed; it must be a time from 10s to 30d, such "
            "as \"24h\" or \"90m\"\n"
            "mycel.expire: is not known; known are expires_in, agent and region");
}

TEST(Card, words_that_could_play_tricks_on_a_terminal_are_refused) {
  EXPECT_EQ(problems_of(R"({"name":"a\u001b[2Jb","description":"d","url":"a:b","version":"1",)"
                        R"("skills":[]})"),
            "name: \"a?[2Jb\" is not allowed; it must be 1 to 256 bytes without control "
            "characters");
}

TEST(Card, text_that_is_no_json_says_where) {
  EXPECT_EQ(problems_of("{\n\"name\": }").substr(0, 17), "line 2, column 9:");
  EXPECT_EQ(problems_of("[]"), "the document is an array; a card must be an object");
  EXPECT_EQ(problems_of(""), "line 1, column 1: the document ends too early");
}

TEST(Card, limits_of_size_depth_and_count_hold) {
  const auto large = parse_card_file(std::string(document_size_max_bytes + 1, ' '));
  ASSERT_FALSE(large);
  EXPECT_TRUE(large.error().is_too_large);
  const auto deep = parse_card_file(std::string(17, '[') + std::string(17, ']'));
  ASSERT_FALSE(deep);
  EXPECT_TRUE(deep.error().is_too_large);
  std::string skills = "{}";
  for (std::size_t i = 0; i < skills_max; ++i) skills += ",{}";
  EXPECT_EQ(problems_of(with_skill(skills)), "skills: has 65 items; at most 64 are allowed");
}

TEST(Card, problems_are_bounded) {
  std::string skills = "{}";
  for (std::size_t i = 1; i < skills_max; ++i) skills += ",{}";
  const auto file = parse_card_file(with_skill(skills));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().problems.size(), 32U);
}

TEST(Card, the_sample_cards_are_fit_to_be_published) {
  const auto folder = project_root() / "examples/agents";
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto file = parse_card_file(text);
    EXPECT_TRUE(file) << entry.path() << ": " << to_text(file.error());
    count += 1;
  }
  EXPECT_GE(count, 3U);
}

}  // namespace
}  // namespace mycel::agents
