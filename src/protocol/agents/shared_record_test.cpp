// A shared record is the words of its writers, unchanged, or it is refused with its reason; and
// whoever met the same words, in whatever order and however often, has the same record.

#include "protocol/agents/shared_record.hpp"

#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "foundation/wire/envelope.hpp"
#include "foundation/wire/key.hpp"
#include "foundation/wire/proto.hpp"

#include "protocol/agents/shared_testing.hpp"

namespace mycel::agents {
namespace {

using testing::Board;
using testing::shared_agent;

const Board board;
const crypto::Ed25519PrivateKey alice = shared_agent(2);
const crypto::Ed25519PrivateKey bob = shared_agent(3);
const crypto::Ed25519PrivateKey mallory = shared_agent(4);

Bytes merged(const std::vector<Bytes>& values) {
  Bytes sum = values.front();
  for (const Bytes& value : values) sum = merge_shared(sum, value);
  return sum;
}

TEST(SharedRecord, its_key_names_owner_and_record_and_says_what_is_wrong_with_either) {
  const std::string owner = wire::to_did(board.owner.public_key());
  const auto name = shared_name_of(board.key);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->owner, owner);
  EXPECT_EQ(name->name, "board");
  EXPECT_NE(shared_key({"did:web:x", "board"}).error().find("did:web:x"), std::string::npos);
  EXPECT_NE(shared_key({owner, "a/b"}).error().find("a/b"), std::string::npos);
  EXPECT_FALSE(shared_key({owner, ""}));
  EXPECT_TRUE(shared_key({owner, std::string(shared_name_size_max, 'n')}));
  EXPECT_FALSE(shared_key({owner, std::string(shared_name_size_max + 1, 'n')}));
  for (const std::string& wrong :
       {std::string("/mycel-shared/"), "/mycel-shared/" + owner, "/mycel-shared/" + owner + "/",
        "/mycel-card/" + owner + "/a", "/mycel-shared/" + owner + "/a/b"})
    EXPECT_FALSE(shared_name_of(as_bytes(wrong))) << wrong;
}

TEST(SharedRecord, two_who_write_at_once_are_both_read) {
  const Bytes sum =
      merged({board.written(alice, 1, 1, "from alice"), board.written(bob, 2, 1, "from bob")});
  EXPECT_EQ(board.word_of(sum, alice), "from alice");
  EXPECT_EQ(board.word_of(sum, bob), "from bob");
  EXPECT_EQ(board.read(sum).next_sequence(), 3U);
}

TEST(SharedRecord, a_writers_later_word_replaces_its_earlier_one_and_clearing_is_a_word) {
  const Bytes first = board.written(alice, 1, 1, "first");
  const Bytes second = board.written(alice, 1, 2, "second");
  EXPECT_EQ(merged({second, first}), second);
  const Bytes cleared = board.written(alice, 1, 3, "");
  EXPECT_EQ(board.word_of(merged({cleared, second}), alice), "");
}

TEST(SharedRecord, who_is_taken_off_is_gone_and_comes_back_without_its_old_word) {
  const Bytes before = board.written(alice, 1, 7, "old");
  const Bytes removed = merged({before, board.removed(alice, 2)});
  EXPECT_EQ(board.word_of(removed, alice), "-");
  EXPECT_EQ(merged({removed, before}), removed) << "a replay brings nothing back";
  const Bytes again = merged({removed, board.granted(alice, 3), before});
  EXPECT_EQ(board.word_of(again, alice), "");
  EXPECT_EQ(board.word_of(merged({again, board.written(alice, 3, 1, "new")}), alice), "new");
}

TEST(SharedRecord, a_removal_wins_over_an_admission_with_the_same_number) {
  EXPECT_EQ(
      board.word_of(merged({board.written(alice, 2, 9, "x"), board.removed(alice, 2)}), alice),
      "-");
}

TEST(SharedRecord, what_the_owner_grants_in_two_places_at_once_holds_both) {
  const Bytes here = merged({board.granted(alice, 1), board.granted(bob, 2)});
  const Bytes there = merged({board.granted(alice, 1), board.granted(mallory, 2)});
  EXPECT_EQ(board.read(merged({here, there})).places().size(), 3U);
}

TEST(SharedRecord, what_was_not_signed_by_whom_it_names_is_refused_by_name) {
  const Bytes grant = board.grant(alice, 1);
  // By a stranger, in the owner's name and in its own.
  const Bytes payload = board.grant_payload(mallory, 1);
  const Bytes forged =
      seal_shared(SharedWord::grant, board.owner.public_key(), payload,
                  mallory.sign(shared_signing_bytes(SharedWord::grant, payload)).view());
  EXPECT_EQ(board.verdict(shared_value(forged)), "bad_signature");
  EXPECT_EQ(board.verdict(shared_value(Board::sealed(SharedWord::grant, mallory, payload))),
            "wrong_key");
  // An entry in somebody else's place, and one that was changed.
  EXPECT_EQ(board.verdict(shared_value(grant, board.entry(mallory, 1, 1, "mine"))), "not_a_writer");
  const Bytes said = Board::entry_payload(board.grant_payload(alice, 1), 1, "said");
  const Bytes other = Board::entry_payload(board.grant_payload(alice, 1), 2, "never said");
  const Bytes changed =
      seal_shared(SharedWord::entry, alice.public_key(), other,
                  alice.sign(shared_signing_bytes(SharedWord::entry, said)).view());
  EXPECT_EQ(board.verdict(shared_value(grant, changed)), "bad_signature");
  // A signature for one purpose is none for another.
  const Bytes misused =
      seal_shared(SharedWord::entry, alice.public_key(), said,
                  alice.sign(shared_signing_bytes(SharedWord::grant, said)).view());
  EXPECT_EQ(board.verdict(shared_value(grant, misused)), "bad_signature");
}

TEST(SharedRecord, words_of_another_record_or_of_another_grant_are_refused) {
  Board other;
  other.key = *shared_key({wire::to_did(other.owner.public_key()), "other"});
  const Bytes there = other.written(alice, 1, 1, "there");
  EXPECT_EQ(other.verdict(there), "good");
  EXPECT_EQ(board.verdict(there), "wrong_key");
  EXPECT_EQ(board.verdict(shared_value(board.grant(alice, 1), other.entry(alice, 1, 1, "there"))),
            "not_a_writer");
  EXPECT_EQ(board.verdict(shared_value(board.grant(alice, 2), board.entry(alice, 1, 1, "old"))),
            "not_a_writer");
  // In the place of somebody who was taken off.
  const Bytes under_removal =
      Board::sealed(SharedWord::entry, alice,
                    Board::entry_payload(board.grant_payload(alice, 1, true), 1, "still here"));
  EXPECT_EQ(board.verdict(shared_value(board.grant(alice, 1, true), under_removal)),
            "not_a_writer");
  EXPECT_EQ(prove_shared(as_bytes("/mycel-shared/nobody/x"), there).error(),
            SharedRefusal::wrong_key);
}

TEST(SharedRecord, there_is_one_spelling_of_a_record) {
  const Bytes a = board.granted(alice, 1);
  const Bytes b = board.granted(bob, 2);
  const Bytes sum = merge_shared(a, b);
  std::vector<std::byte> joined(a.begin(), a.end());
  append(joined, b);
  std::vector<std::byte> swapped(b.begin(), b.end());
  append(swapped, a);
  EXPECT_EQ(equal(joined, sum), !equal(swapped, sum));
  EXPECT_EQ(board.verdict(equal(joined, sum) ? swapped : joined), "malformed") << "out of order";
  std::vector<std::byte> twice(a.begin(), a.end());
  append(twice, a);
  EXPECT_EQ(board.verdict(twice), "malformed");
  EXPECT_EQ(board.verdict({}), "malformed");
  // What nobody signed, around what somebody did: in the envelope, in the place, in the value.
  const auto with_more = [](const Bytes& bytes) {
    std::vector<std::byte> more(bytes.begin(), bytes.end());
    append(more, wire::ProtoWriter{}.number(9, 1).view());
    return Bytes(std::move(more));
  };
  EXPECT_EQ(board.verdict(shared_value(with_more(board.grant(alice, 1)))), "malformed");
  EXPECT_EQ(board.verdict(with_more(a)), "malformed");
  wire::ProtoWriter place;
  place.bytes(1, board.grant(alice, 1)).number(9, 1);
  EXPECT_EQ(board.verdict(wire::ProtoWriter{}.message(1, place).view()), "malformed");
}

TEST(SharedRecord, a_form_of_a_later_version_is_refused_as_such_and_what_it_adds_is_kept) {
  wire::ProtoWriter later;
  later.number(1, 2).bytes(2, crypto::sha256(board.key).view());
  EXPECT_EQ(board.verdict(shared_value(
                Board::sealed(SharedWord::grant, board.owner, Bytes::copy(later.view())))),
            "unknown_version");
  std::vector<std::byte> more;
  append(more, board.grant_payload(alice, 1));
  append(more, wire::ProtoWriter{}.number(9, 1).view());
  const Bytes extended = Bytes(std::move(more));
  const Bytes value = shared_value(Board::sealed(SharedWord::grant, board.owner, extended));
  EXPECT_EQ(board.verdict(value), "good");
  EXPECT_EQ(merge_shared(value, value), value);
}

TEST(SharedRecord, limits_are_named) {
  const std::string longest(shared_value_size_max_bytes, 'v');
  EXPECT_EQ(board.verdict(board.written(alice, 1, 1, longest)), "good");
  EXPECT_EQ(board.verdict(board.written(alice, 1, 1, longest + "v")), "too_large");
  EXPECT_EQ(board.verdict(board.granted(alice, shared_sequence_max)), "good");
  EXPECT_EQ(board.verdict(board.granted(alice, shared_sequence_max + 1)), "malformed");
  EXPECT_EQ(board.verdict(board.granted(alice, 0)), "malformed");
  EXPECT_EQ(board.grant(alice, shared_sequence_max, true).size(), 200U);
  EXPECT_EQ(board.entry(alice, shared_sequence_max, shared_sequence_max, longest).size(), 687U)
      << "and a byte more from the year 2109 on";
}

TEST(SharedRecord, a_full_one_is_good_and_the_places_granted_last_stay) {
  std::vector<Bytes> all;
  all.reserve(shared_places_max + 6);
  for (std::uint16_t i = 0; i < shared_places_max + 6; ++i)
    all.push_back(board.written(shared_agent(100 + i), 1 + i, 1,
                                std::string(shared_value_size_max_bytes, 'v')));
  const Bytes full = merged(all);
  EXPECT_EQ(board.verdict(full), "good");
  EXPECT_LE(full.size(), shared_size_max_bytes);
  const SharedRecord record = board.read(full);
  EXPECT_EQ(record.places().size(), shared_places_max);
  EXPECT_EQ(record.place_of(shared_agent(105).public_key()), nullptr);
  EXPECT_NE(record.place_of(shared_agent(106).public_key()), nullptr);
}

// Drawn records. Signing is slow, so the words are drawn from a pool that is signed once.

/// A grant that says the same as another one with its number, and is not the same.
Bytes forked(const crypto::Ed25519PrivateKey& writer, std::uint64_t granted, const char* text) {
  std::vector<std::byte> payload;
  append(payload, board.grant_payload(writer, granted));
  append(payload, wire::ProtoWriter{}.number(9, 1).view());
  const Bytes other = Bytes(std::move(payload));
  return shared_value(
      Board::sealed(SharedWord::grant, board.owner, other),
      Board::sealed(SharedWord::entry, writer, Board::entry_payload(other, 1, text)));
}

/// All that is said of one writer with few numbers: forks, removals, re-admissions.
std::vector<Bytes> words_of(const crypto::Ed25519PrivateKey& writer) {
  std::vector<Bytes> words;
  for (std::uint64_t granted = 1; granted <= 3; ++granted) {
    words.push_back(board.removed(writer, granted));
    words.push_back(board.granted(writer, granted));
    words.push_back(forked(writer, granted, "x"));
    for (std::uint64_t sequence = 1; sequence <= 2; ++sequence)
      for (const char* text : {"x", "y", ""})
        words.push_back(board.written(writer, granted, sequence, text));
  }
  return words;
}

/// Few writers, so that what is drawn often meets what it is about.
const std::vector<Bytes>& pool() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> made;
    for (std::uint16_t writer = 10; writer < 14; ++writer)
      for (Bytes& word : words_of(shared_agent(writer))) made.push_back(std::move(word));
    return made;
  }();
  return all;
}

TEST(SharedRecord, of_one_writer_any_three_words_merge_the_same_in_any_order) {
  const std::vector<Bytes> words = words_of(alice);
  for (const Bytes& a : words) {
    ASSERT_EQ(board.verdict(a), "good");
    ASSERT_EQ(merge_shared(a, a), a);
    for (const Bytes& b : words) {
      const Bytes sum = merge_shared(a, b);
      ASSERT_EQ(sum, merge_shared(b, a));
      ASSERT_TRUE(sum == a || sum == b || board.verdict(sum) == "good");
      for (const Bytes& c : words)
        ASSERT_EQ(merge_shared(sum, c), merge_shared(a, merge_shared(b, c)));
    }
  }
}

/// More writers than a record has places.
const std::vector<Bytes>& crowd() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> made;
    for (std::uint16_t i = 0; i < shared_places_max + 16; ++i)
      for (const std::uint64_t granted : {1U + i % 7U, 8U + i % 5U}) {
        const auto key = shared_agent(200 + i);
        made.push_back(i % 3 == 0 ? board.removed(key, granted)
                                  : board.written(key, granted, 1 + i % 2, "w"));
      }
    return made;
  }();
  return all;
}

Bytes drawn(const std::vector<Bytes>& from, int least, int most) {
  const auto count = *rc::gen::inRange(least, most);
  const auto one = [&] { return from[*rc::gen::inRange<std::size_t>(0, from.size())]; };
  Bytes sum = one();
  for (int i = 1; i < count; ++i) sum = merge_shared(sum, one());
  return sum;
}

void check_lattice(const Bytes& a, const Bytes& b, const Bytes& c) {
  RC_ASSERT(merge_shared(a, a) == a);
  RC_ASSERT(merge_shared(a, b) == merge_shared(b, a));
  RC_ASSERT(merge_shared(merge_shared(a, b), c) == merge_shared(a, merge_shared(b, c)));
  RC_ASSERT(merge_shared(merge_shared(a, b), a) == merge_shared(a, b));
}

RC_GTEST_PROP(SharedRecordProperty, merging_is_commutative_associative_and_idempotent, ()) {
  check_lattice(drawn(pool(), 1, 6), drawn(pool(), 1, 6), drawn(pool(), 1, 6));
}

RC_GTEST_PROP(SharedRecordProperty, and_so_it_is_when_places_run_out, ()) {
  check_lattice(drawn(crowd(), 30, 90), drawn(crowd(), 30, 90), drawn(crowd(), 30, 90));
}

RC_GTEST_PROP(SharedRecordProperty, a_merge_is_valid_and_holds_no_word_that_neither_held, ()) {
  const bool is_crowded = *rc::gen::arbitrary<bool>();
  const std::vector<Bytes>& from = is_crowded ? crowd() : pool();
  const int most = is_crowded ? 90 : 6;
  const Bytes a = drawn(from, 1, most);
  const Bytes b = drawn(from, 1, most);
  const SharedRecord sum = board.read(merge_shared(a, b));
  const SharedRecord left = board.read(a);
  const SharedRecord right = board.read(b);
  for (const auto& [writer, place] : sum.places()) {
    const auto says = [&](const SharedRecord& record, auto&& word) {
      const Place* known = record.place_of(writer);
      return known != nullptr && word(*known);
    };
    const auto same_grant = [&](const Place& known) {
      return known.grant.envelope == place.grant.envelope;
    };
    const auto same_entry = [&](const Place& known) {
      return known.entry && known.entry->envelope == place.entry->envelope;
    };
    RC_ASSERT(says(left, same_grant) || says(right, same_grant));
    RC_ASSERT(!place.entry || says(left, same_entry) || says(right, same_entry));
  }
}

RC_GTEST_PROP(SharedRecordProperty, a_place_never_goes_back, ()) {
  const Bytes before = drawn(pool(), 1, 6);
  const SharedRecord known = board.read(before);
  const SharedRecord sum = board.read(merge_shared(before, drawn(pool(), 1, 6)));
  for (const auto& [writer, place] : known.places()) {
    const Place* now = sum.place_of(writer);
    RC_ASSERT(now != nullptr);
    RC_ASSERT(now->grant.word.sequence >= place.grant.word.sequence);
    const bool is_same_grant = now->grant.hash == place.grant.hash;
    if (!is_same_grant || !place.entry) continue;
    RC_ASSERT(now->entry.has_value());
    RC_ASSERT(now->entry->word.sequence >= place.entry->word.sequence);
  }
}

RC_GTEST_PROP(SharedRecordProperty, what_a_stranger_makes_of_a_record_adds_nothing_to_it, ()) {
  const Bytes good = drawn(pool(), 1, 6);
  std::vector<std::byte> bytes(good.begin(), good.end());
  const auto flips = *rc::gen::inRange(1, 4);
  for (int i = 0; i < flips; ++i)
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^=
        std::byte{*rc::gen::arbitrary<std::uint8_t>()};
  if (*rc::gen::arbitrary<bool>()) bytes.resize(*rc::gen::inRange<std::size_t>(0, bytes.size()));
  if (prove_shared(board.key, bytes)) RC_ASSERT(merge_shared(good, ByteView(bytes)) == good);
}

}  // namespace
}  // namespace mycel::agents
