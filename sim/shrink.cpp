#include "sim/shrink.hpp"

#include <algorithm>
#include <utility>

#include "foundation/base/duration_text.hpp"

namespace mycel::sim {
namespace {

constexpr Duration safety_min = 1s;

class Shrinker {
 public:
  Shrinker(const Plan& drawn, const Reduction& start, const StillFails& still_fails,
           const std::function<void(const std::string&)>& progress, std::size_t runs_max)
      : drawn_(drawn),
        still_fails_(still_fails),
        progress_(progress),
        runs_max_(runs_max),
        reduction_(start),
        left_(reduce(drawn, start)) {}

  Shrunk tell() {
    bool is_smaller = true;
    while (is_smaller && has_runs()) {
      is_smaller = drop(left_.faults, &Shrinker::with_faults, 0);
      is_smaller |= drop(left_.nodes, &Shrinker::with_nodes, nodes_min);
      is_smaller |= drop(left_.liars, &Shrinker::with_liars, 0);
      is_smaller |= shorten();
    }
    // What went with its node need not be named, but naming all that is left is clearer.
    if (left_.faults.size() < drawn_.faults.size()) reduction_.faults = left_.faults;
    if (left_.liars.size() < drawn_.liars.size()) reduction_.liars = left_.liars;
    return {reduction_, left_, runs_, !is_smaller && has_runs()};
  }

 private:
  using With = Reduction (Shrinker::*)(const Numbers&) const;

  Reduction with_faults(const Numbers& kept) const {
    Reduction next = reduction_;
    next.faults = kept;
    return next;
  }
  Reduction with_liars(const Numbers& kept) const {
    Reduction next = reduction_;
    next.liars = kept;
    return next;
  }
  Reduction with_nodes(const Numbers& kept) const {
    Reduction next = reduction_;
    next.without_nodes.clear();
    for (std::uint32_t node = 0; node < drawn_.nodes; ++node)
      if (!std::binary_search(kept.begin(), kept.end(), node)) next.without_nodes.push_back(node);
    return next;
  }

  bool has_runs() const { return runs_ < runs_max_; }

  /// Takes the step when the plan still fails with it.
  bool try_with(Reduction next) {
    if (!has_runs()) return false;
    Reduced reduced = reduce(drawn_, next);
    runs_ += 1;
    if (!still_fails_(reduced.plan)) return false;
    reduction_ = std::move(next);
    left_ = std::move(reduced);
    if (progress_) progress_(size_text());
    return true;
  }

  /// Leaves out ever smaller pieces of `left`, all at first and single ones in the end, until none
  /// can be spared. `left` follows each step that goes well.
  bool drop(const Numbers& left, With with, std::size_t size_min) {
    const std::size_t before = left.size();
    if (before <= size_min) return false;
    std::size_t piece = size_min == 0 ? before : before / 2;
    bool is_smaller = false;
    while (has_runs()) {
      const std::size_t size = left.size();
      drop_pieces(left, with, size_min, piece);
      is_smaller |= left.size() < size;
      if (left.size() <= size_min || (piece == 1 && left.size() == size)) break;
      piece = std::max<std::size_t>(1, piece / 2);
    }
    return is_smaller;
  }

  void drop_pieces(const Numbers& left, With with, std::size_t size_min, std::size_t piece) {
    // From the back: the first nodes are the ones that the others joined through.
    std::size_t end = left.size();
    while (end > 0 && has_runs()) {
      const std::size_t begin = end - std::min({piece, end, left.size() - size_min});
      if (begin == end) return;
      Numbers kept(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(begin));
      kept.insert(kept.end(), left.begin() + static_cast<std::ptrdiff_t>(end), left.end());
      try_with((this->*with)(kept));
      end = std::min(begin, left.size());  // faults may have gone with their nodes
    }
  }

  bool shorten() {
    bool is_smaller = false;
    while (left_.plan.safety / 2 >= safety_min) {
      Reduction next = reduction_;
      next.safety = std::chrono::duration_cast<std::chrono::seconds>(left_.plan.safety / 2);
      if (!try_with(std::move(next))) break;
      is_smaller = true;
    }
    return is_smaller;
  }

  std::string size_text() const {
    return "run " + std::to_string(runs_) + ": still fails with " +
           std::to_string(left_.nodes.size()) + " nodes, " + std::to_string(left_.faults.size()) +
           " faults, " + std::to_string(left_.liars.size()) + " liars, " +
           mycel::to_text(left_.plan.safety) + " for faults";
  }

  const Plan& drawn_;
  const StillFails& still_fails_;
  const std::function<void(const std::string&)>& progress_;
  const std::size_t runs_max_;
  Reduction reduction_;
  Reduced left_;
  std::size_t runs_ = 0;
};

}  // namespace

Shrunk shrink(const Plan& drawn, const Reduction& start, const StillFails& still_fails,
              const std::function<void(const std::string&)>& progress, std::size_t runs_max) {
  return Shrinker(drawn, start, still_fails, progress, runs_max).tell();
}

}  // namespace mycel::sim
