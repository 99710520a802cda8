// What an operation that explains itself notes down. Everything here looks on and decides nothing.

#include "protocol/dht/dht.hpp"

namespace mycel::dht {

void Dht::explain_question(Now now, Operation& operation, Purpose purpose, const PeerId& peer,
                           std::size_t sweep) {
  if (!operation.explanation) return;
  Stage stage = Stage::lookup;
  std::size_t path = 0;
  std::size_t hops = 0;
  const Lookup* lookup = &operation.lookup;
  if (purpose == Purpose::sweep) {
    stage = Stage::sweep;
    lookup = &operation.region->sweeps[sweep].lookup;
  } else if (purpose == Purpose::member) {
    stage = Stage::member;
  }
  if (const auto trail = lookup->trail_of(peer)) {
    path = trail->path;
    hops = trail->hops;
  }
  operation.explanation->on_asked(now.instant, stage, stage == Stage::sweep ? sweep : path,
                                  hops + 1, peer);
}

void Dht::explain_answer(Now now, Operation& operation, const Pending& pending,
                         const Message* message, RequestFailure failure) {
  if (!operation.explanation) return;
  const Stage stage = pending.purpose == Purpose::sweep    ? Stage::sweep
                      : pending.purpose == Purpose::member ? Stage::member
                                                           : Stage::lookup;
  Explanation& explanation = *operation.explanation;
  if (message == nullptr) return explanation.on_failure(now.instant, stage, pending.to.id, failure);
  if (message->record && stage != Stage::sweep) {
    const Record& record = *message->record;
    const Verdict verdict = record.key != operation.key
                                ? Verdict::wrong_key
                                : records_.judge(now, operation.key, record.value);
    explanation.on_value(stage, pending.to.id, record.value.view(), verdict);
  }
  explanation.on_answer(now.instant, stage, pending.to.id, message->closer.size());
}

/// What goes to whoever asked: nothing, unless the operation was to explain itself.
std::shared_ptr<const Explanation> Dht::explained(const Operation& operation,
                                                  const OperationResult& result) {
  if (!operation.explanation) return nullptr;
  if (const auto* value = std::get_if<Value>(&result))
    operation.explanation->on_concluded(value->value.view());
  return operation.explanation;
}

}  // namespace mycel::dht
