"""How long a silent unit is left alone, so that its neighbours on the bus can go on."""

from dataclasses import dataclass
from typing import Final

STEP_S: Final = 2.0
LONGEST_S: Final = 300.0
TIMEOUT_SHARE: Final = 3.0
"""A unit that stays silent may take at most a quarter of the bus' time."""
STRETCH: Final = 1.5


@dataclass(slots=True, kw_only=True)
class Backoff:
    """Failures in a row of one unit (the rule is OpenEMS' "defective component")."""

    failures: int = 0
    until_s: float = float("-inf")

    def failed(self, now_s: float, cost_s: float = 0.0) -> None:
        """Args:
        cost_s: for how long the failure kept everybody else from the bus.
        """
        self.failures += 1
        pause_s = max(STEP_S * self.failures, TIMEOUT_SHARE * cost_s)
        self.until_s = now_s + min(pause_s, LONGEST_S)

    def answered(self) -> None:
        self.failures = 0
        self.until_s = float("-inf")

    def ready(self, now_s: float) -> bool:
        return now_s >= self.until_s


def stretched(interval_s: float, took_s: float) -> float:
    """The interval between two polls; longer than asked for when a poll does not fit into it."""
    return interval_s if took_s <= interval_s else STRETCH * took_s
