"""What the process costs and how fast it answers."""

import resource
import time
from pathlib import Path
from typing import Any

from agent.control import Control
from agent.store.outbox import Outbox


def process_figures(control: Control, outbox: Outbox | None, began_s: float) -> dict[str, Any]:
    """What this process costs and how fast it answers; times in real seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "uptimeSeconds": round(time.monotonic() - began_s, 3),
        "cpuSeconds": round(usage.ru_utime + usage.ru_stime, 3),
        "rssMb": rss_mb(),
        "frameToCommandMs": control.latencies.percentiles_ms(),
        "confirmLatencyMs": control.state.outcomes.confirmations.percentiles_ms(),
        "actions": dict(control.state.outcomes.counts),
        "cloud": None
        if outbox is None
        else {
            "lastSeq": outbox.last_seq,
            "ackedSeq": outbox.acked_seq,
            "pendingEvents": outbox.pending,
        },
    }


def rss_mb() -> float | None:
    """Resident memory of this process in MB, None where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * resource.getpagesize() / 1e6, 1)
