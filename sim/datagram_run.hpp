#pragma once
// A run in the datagram cut: a few whole nodes with the real QUIC join, send each other numbered
// messages, publish and look up records, in bad weather and while faults begin and end. Then the
// weather clears, and everything must be well within a bound.
//
// TLS draws its own randomness, so that there is no fingerprint: two runs of one seed meet the same
// faults in the same weather and may differ in what the packets say.

#include "sim/run.hpp"

namespace mycel::sim {

/// `plan.packets` is set. Of `watch`, faults and messages are not traced one by one in the packets.
Outcome run_datagrams(const Scenario& scenario, const Plan& plan, const Watch& watch);

}  // namespace mycel::sim
