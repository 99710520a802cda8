#include "protocol/dht/explain.hpp"

#include <algorithm>

namespace mycel::dht {

std::string_view to_text(Stage stage) {
  switch (stage) {
    case Stage::lookup:
      return "lookup";
    case Stage::sweep:
      return "sweep";
    case Stage::member:
      return "member";
  }
  return "unknown";
}

std::string_view outcome_text(const Step& step) {
  switch (step.outcome) {
    case Outcome::unanswered:
      return "unanswered";
    case Outcome::value:
      return "value";
    case Outcome::forged:
      return "forged";
    case Outcome::nearer:
      return "nearer";
    case Outcome::nothing:
      return "nothing";
    case Outcome::failed:
      return mycel::to_text(step.failure);
  }
  return "unknown";
}

void Explanation::on_asked(Instant now, Stage stage, std::size_t path, std::size_t hop,
                           const PeerId& peer) {
  if (steps_.size() == steps_max) {
    left_out_ += 1;
    return;
  }
  steps_.push_back({.stage = stage,
                    .path = static_cast<std::uint8_t>(std::min<std::size_t>(path, UINT8_MAX)),
                    .hop = static_cast<std::uint16_t>(std::min<std::size_t>(hop, UINT16_MAX)),
                    .peer = peer,
                    .asked = now - began_});
}

void Explanation::on_answer(Instant now, Stage stage, const PeerId& peer, std::size_t named) {
  Step* step = waiting_step(stage, peer);
  if (step == nullptr) return;
  step->took = now - began_ - step->asked;
  step->named = named;
  if (step->outcome == Outcome::unanswered)
    step->outcome = named > 0 ? Outcome::nearer : Outcome::nothing;
}

void Explanation::on_value(Stage stage, const PeerId& peer, ByteView value, Verdict verdict) {
  Step* step = waiting_step(stage, peer);
  if (step == nullptr) return;
  step->outcome = verdict == Verdict::valid ? Outcome::value : Outcome::forged;
  step->value = place_of(value, verdict, peer);
}

void Explanation::on_held(const PeerId& self, ByteView value) {
  place_of(value, Verdict::valid, self);
}

void Explanation::on_failure(Instant now, Stage stage, const PeerId& peer, RequestFailure failure) {
  Step* step = waiting_step(stage, peer);
  if (step == nullptr) return;
  step->took = now - began_ - step->asked;
  step->outcome = Outcome::failed;
  step->failure = failure;
}

void Explanation::on_concluded(ByteView value) {
  const crypto::Digest hash = crypto::sha256(value);
  for (SeenValue& seen : values_)
    seen.is_answer = seen.verdict == Verdict::valid && seen.hash == hash;
}

/// The last that was asked and has not answered.
Step* Explanation::waiting_step(Stage stage, const PeerId& peer) {
  const auto step = std::find_if(steps_.rbegin(), steps_.rend(), [&](const Step& each) {
    return each.stage == stage && each.peer == peer && !each.took;
  });
  return step == steps_.rend() ? nullptr : &*step;
}

std::optional<std::size_t> Explanation::place_of(ByteView value, Verdict verdict,
                                                 const PeerId& from) {
  const crypto::Digest hash = crypto::sha256(value);
  auto seen = std::ranges::find_if(
      values_, [&](const SeenValue& each) { return each.hash == hash && each.verdict == verdict; });
  if (seen == values_.end()) {
    if (values_.size() == values_max) {
      left_out_ += 1;
      return std::nullopt;
    }
    values_.push_back({.hash = hash, .size = value.size(), .verdict = verdict});
    seen = values_.end() - 1;
  }
  if (seen->from.size() < steps_max) seen->from.push_back(from);
  return static_cast<std::size_t>(seen - values_.begin());
}

}  // namespace mycel::dht
