#include "sim/shared_faults.hpp"

namespace mycel::sim {

bool break_disk(Disk& disk, const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::disk_full:
      disk.set_full(true);
      return true;
    case FaultKind::disk_slow:
      disk.set_slow(static_cast<std::uint32_t>(fault.amount));
      return true;
    case FaultKind::disk_unsynced:
      disk.set_unsynced(true);
      return true;
    case FaultKind::disk_torn:
      disk.set_torn(true);
      return true;
    default:
      return false;
  }
}

bool mend_disk(Disk& disk, FaultKind kind) {
  switch (kind) {
    case FaultKind::disk_slow:
      disk.set_slow(1);
      return true;
    case FaultKind::disk_unsynced:
      disk.set_unsynced(false);
      return true;
    case FaultKind::disk_torn:
      disk.set_torn(false);
      return true;
    default:
      return false;
  }
}

}  // namespace mycel::sim
