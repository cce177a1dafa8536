"""How often a register that may live in flash was written, and when that is enough.

Flash bears some ten thousand writes; site limits, slots and set points of many makes were worn
out by cyclic writing (SolarEdge, IDM, Growatt and Deye owners report it). So a register that its
map does not call volatile gets at most 50 writes in any 24 hours, counted across restarts.
"""

from collections.abc import Mapping, Sequence
from typing import Final

WRITES_A_DAY: Final = 50
DAY_S: Final = 86_400.0


class WriteBudget:
    """Instants of past writes, per register, on the monotonic clock."""

    def __init__(self, written: Mapping[str, object] | None = None, now_mono_s: float = 0) -> None:
        """Take up what `as_note` gave; instants of another boot count as if they were now."""
        self._written: dict[str, list[float]] = {}
        for name, instants in (written or {}).items():
            if isinstance(instants, Sequence):
                times = [float(t) for t in instants if isinstance(t, int | float)]
                self._written[name] = [min(t, now_mono_s) for t in times[-WRITES_A_DAY:]]

    def left(self, name: str, now_mono_s: float) -> int:
        """How many writes the register bears until some of the past ones are a day old."""
        return max(0, WRITES_A_DAY - len(self._recent(name, now_mono_s)))

    def free_again_s(self, name: str, now_mono_s: float) -> float:
        """Seconds until the register may be written once more; 0 = now."""
        if self.left(name, now_mono_s):
            return 0.0
        return self._recent(name, now_mono_s)[-WRITES_A_DAY] + DAY_S - now_mono_s

    def spend(self, name: str, now_mono_s: float) -> None:
        recent = self._recent(name, now_mono_s)
        self._written[name] = [*recent, now_mono_s][-WRITES_A_DAY:]

    def as_note(self) -> Mapping[str, object]:
        return {name: list(instants) for name, instants in self._written.items()}

    def _recent(self, name: str, now_mono_s: float) -> list[float]:
        return [t for t in self._written.get(name, ()) if now_mono_s - t < DAY_S]
