#pragma once
// Lies of a witness, and of a source that wants a proof which nobody gave. The machine stays
// honest; what it sends is changed and signed again with the liar's own keys, for it has no others.

#include <memory>

#include "sim/liars/lie.hpp"
#include "sim/node.hpp"

namespace mycel::sim {

/// How each kind of liar witnesses:
///   withhold    says nothing                     delay     answers as late as is allowed
///   equivocate  signs another list every time    replay    answers with its first word for ever
///   forge       signs in another's name, with an unbound key, or not at all
///   truncate    cuts its answers short           collude, grind    says what its gang agreed on:
///                                                that the sides are elsewhere, far away, and that
///                                                nobody but the gang is near
///   mixed       now one, now another
/// A twin is honest to itself, and the other one too: together they equivocate. As sources, those
/// who forge and replay offer proofs of the same making.
void make_witness_liar(Node& node, LiarKind kind, std::shared_ptr<const Gang> gang,
                       const LiarConfig& config, Rng rng);

}  // namespace mycel::sim
