// What a change signs is accepted by everybody, and a change that cannot be says the way out.

#include "protocol/agents/shared_change.hpp"

#include <gtest/gtest.h>

#include "protocol/agents/shared_testing.hpp"

namespace mycel::agents {
namespace {

using testing::Board;
using testing::shared_agent;
using testing::shared_noon;

struct Story {
  Board board;
  crypto::Ed25519PrivateKey alice = shared_agent(2);
  crypto::Ed25519PrivateKey bob = shared_agent(3);
  std::string alices = wire::to_did(alice.public_key());
  std::string bobs = wire::to_did(bob.public_key());
  SharedName name{wire::to_did(board.owner.public_key()), "board"};
  Bytes value;  // the record so far

  std::optional<SharedRecord> known() const {
    if (value.empty()) return std::nullopt;
    return board.read(value);
  }
  /// Signs a change into the record; the problem's reason when it cannot be.
  std::string change(const crypto::Ed25519PrivateKey& by, const SharedDrafts& drafts) {
    if (!drafts) return drafts.error().reason;
    for (const SharedDraft& draft : *drafts) {
      const Bytes one =
          value_of(draft, wire::to_did(by.public_key()), by.sign(signing_bytes(draft)).view());
      value = value.empty() ? one : merge_shared(value, one);
    }
    return board.verdict(value);
  }
  std::string create(const std::vector<std::string>& writers = {}) {
    const auto record = known();
    return change(board.owner, draft_record(name, writers, record ? &*record : nullptr));
  }
  std::string admit(const std::string& did) {
    const auto record = known();
    return change(board.owner, draft_admission(name, did, record ? &*record : nullptr));
  }
  std::string remove(const std::string& did) {
    const auto record = known();
    return change(board.owner, draft_removal(name, did, record ? &*record : nullptr));
  }
  std::string write(const crypto::Ed25519PrivateKey& by, std::string_view text) {
    const auto record = known();
    return change(by, draft_entry(name, wire::to_did(by.public_key()), Bytes::copy(text),
                                  shared_noon, record ? &*record : nullptr));
  }
};

TEST(SharedChange, who_was_named_writes_and_so_does_the_owner) {
  Story story;
  EXPECT_EQ(story.create({story.alices, story.alices}), "good");
  EXPECT_EQ(story.write(story.alice, "from alice"), "good");
  EXPECT_EQ(story.write(story.board.owner, "from the owner"), "good");
  EXPECT_EQ(story.board.word_of(story.value, story.alice), "from alice");
  EXPECT_EQ(story.board.word_of(story.value, story.board.owner), "from the owner");
}

TEST(SharedChange, a_later_word_replaces_and_nothing_clears) {
  Story story;
  story.create({story.alices});
  story.write(story.alice, "first");
  story.write(story.alice, "second");
  EXPECT_EQ(story.board.word_of(story.value, story.alice), "second");
  EXPECT_EQ(story.write(story.alice, ""), "good");
  EXPECT_EQ(story.board.word_of(story.value, story.alice), "");
}

TEST(SharedChange, who_is_taken_off_writes_no_more_until_it_is_admitted_again) {
  Story story;
  story.create({story.alices});
  story.write(story.alice, "old");
  const Bytes before = story.value;
  EXPECT_EQ(story.remove(story.alices), "good");
  EXPECT_EQ(story.write(story.alice, "still here"), "not_a_writer");
  EXPECT_EQ(story.remove(story.alices), "not_a_writer");
  EXPECT_EQ(story.admit(story.alices), "good");
  story.value = merge_shared(story.value, before);
  EXPECT_EQ(story.board.word_of(story.value, story.alice), "") << "the old word stays away";
  EXPECT_EQ(story.write(story.alice, "new"), "good");
  EXPECT_EQ(story.board.word_of(story.value, story.alice), "new");
}

TEST(SharedChange, an_admission_that_would_void_what_was_written_is_refused) {
  Story story;
  story.create({story.alices});
  story.write(story.alice, "kept");
  EXPECT_EQ(story.admit(story.alices), "is_a_writer");
  EXPECT_EQ(story.create(), "exists");
  EXPECT_EQ(story.board.word_of(story.value, story.alice), "kept");
}

TEST(SharedChange, what_cannot_be_names_the_input_and_the_way_out) {
  Story story;
  EXPECT_EQ(story.admit(story.alices), "not_found");
  EXPECT_EQ(story.write(story.alice, "x"), "not_found");
  EXPECT_EQ(story.create({"did:web:x"}), "bad_did");
  story.create();
  const auto record = story.known();
  const auto stranger =
      draft_entry(story.name, story.bobs, Bytes::copy("x"), shared_noon, &*record);
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().reason, "not_a_writer");
  EXPECT_NE(stranger.error().text.find("mycel shared admit board " + story.bobs),
            std::string::npos);
  EXPECT_EQ(story.write(story.board.owner, std::string(513, 'v')), "too_large");
  EXPECT_EQ(story.admit("bob"), "bad_did");
}

TEST(SharedChange, a_record_that_is_full_says_so_and_drops_nobody) {
  Story story;
  std::vector<std::string> writers;
  for (std::uint16_t i = 1; i < shared_places_max; ++i)
    writers.push_back(wire::to_did(shared_agent(100 + i).public_key()));
  EXPECT_EQ(story.create(writers), "good");
  EXPECT_EQ(story.admit(story.alices), "full");
  EXPECT_EQ(story.remove(writers.front()), "good");
  EXPECT_EQ(story.admit(story.alices), "full") << "who was taken off keeps its place";
  EXPECT_EQ(story.admit(writers.front()), "good");
  writers.push_back(story.alices);
  Story other;
  EXPECT_EQ(other.create(writers), "full");
}

}  // namespace
}  // namespace mycel::agents
