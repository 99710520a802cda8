#pragma once
// What the users of the nodes do, in all phases. Workloads expect that operations fail under
// faults; they tell facts and leave it to the judges what those mean.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/run.hpp"

namespace mycel::sim {

class Workload {
 public:
  virtual ~Workload() = default;
  /// Before a node is made: namespaces, sizes.
  virtual void on_setup(std::uint32_t number, NodeSetup& setup) { (void)number, (void)setup; }
  /// The next operation of a node that is up. Called every WorkloadSpec::every on average, from
  /// when the node has settled until the end.
  virtual void step(Run& run, std::uint32_t number) = 0;
  /// Once for each node of the core, in calm: operations whose outcome the judges can tell.
  virtual void examine(Run& run, std::uint32_t number) { step(run, number); }
};

std::vector<std::string> workload_names();
/// `name` is one of them.
std::unique_ptr<Workload> make_workload(const WorkloadSpec& spec, Rng rng);

std::vector<std::string> judge_names();
std::unique_ptr<Judge> make_judge(std::string_view name);

}  // namespace mycel::sim
