"""How often one resource may speak: discrete changes at once, measurements now and then."""

from dataclasses import dataclass
from typing import Final

from agent.bridges.documents.changes import Worth

MEASURED_EVERY_S: Final = 300.0
BURST: Final = 10.0
BURST_REFILL_S: Final = 30.0
"""A flapping link may tell ten changes in a row, then one every half minute."""


@dataclass(slots=True)
class Pace:
    """Of one resource. Monotonic seconds."""

    told_mono_s: float
    allowance: float = BURST
    counted_mono_s: float = 0.0

    def due_mono_s(self, change: Worth, now_mono_s: float) -> float:
        """From when on a change of that worth may be told; now or earlier means at once."""
        if change < Worth.MEASURED:
            return float("inf")
        if change is Worth.MEASURED:
            return self.told_mono_s + MEASURED_EVERY_S
        return now_mono_s + max(0.0, 1.0 - self._allowed(now_mono_s)) * BURST_REFILL_S

    def tell(self, now_mono_s: float) -> None:
        self.allowance = max(0.0, self._allowed(now_mono_s) - 1.0)
        self.told_mono_s = self.counted_mono_s = now_mono_s

    def _allowed(self, now_mono_s: float) -> float:
        grown = max(0.0, now_mono_s - self.counted_mono_s) / BURST_REFILL_S
        return min(BURST, self.allowance + grown)
