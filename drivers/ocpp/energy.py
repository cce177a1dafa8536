"""A charger's energy register made credible: it only grows, and not faster than it can charge.

Registers of chargers fall to 0 with each session, jump by units, or show a glitch. A reading
that does not fit must be confirmed by the next one before it is believed; then the counter
goes on from where it was.
"""

from collections.abc import Callable

MARGIN = 1.2
SLACK_WH = 100.0
"""Samples are rounded, late and sometimes bundled."""


class EnergyCounter:
    """Args:
    max_power_w: the most the charger can deliver.
    """

    def __init__(self, max_power_w: float) -> None:
        self._max_power_w = max_power_w
        self._base_wh = 0.0
        self._last: tuple[float, float] | None = None  # register, mono_s
        self._doubtful: tuple[float, float] | None = None

    @property
    def total_wh(self) -> float | None:
        """The counter; None until a register was seen."""
        return None if self._last is None else round(self._base_wh + self._last[0], 3)

    def read(self, register_wh: float, mono_s: float, odd: Callable[[str], None]) -> float | None:
        """Take a register reading; return the counter, None while the reading is in doubt."""
        if register_wh < 0 or (self._last is None and register_wh == 0):
            return None
        if self._last is None or self._follows(self._last, register_wh, mono_s):
            self._last, self._doubtful = (register_wh, mono_s), None
            return self.total_wh
        if self._doubtful is not None and self._follows(self._doubtful, register_wh, mono_s):
            self._base_wh += self._last[0] - self._doubtful[0]
            self._last, self._doubtful = (register_wh, mono_s), None
            return self.total_wh
        odd("energy register falls" if register_wh < self._last[0] else "energy register jumps")
        self._doubtful = register_wh, mono_s
        return None

    def _follows(self, earlier: tuple[float, float], register_wh: float, mono_s: float) -> bool:
        hours = max(mono_s - earlier[1], 0.0) / 3600
        growth_wh = register_wh - earlier[0]
        return 0 <= growth_wh <= self._max_power_w * hours * MARGIN + SLACK_WH


class SessionEnergy:
    """The counter, and what of it belongs to the session since the car was plugged in."""

    def __init__(self, max_power_w: float) -> None:
        self._counter = EnergyCounter(max_power_w)
        self._base_wh: float | None = None
        self.register_wh: float | None = None  # as the charger said it last

    def plugged_in(self) -> None:
        self._base_wh = self._counter.total_wh

    def read(
        self,
        register_wh: float,
        mono_s: float,
        odd: Callable[[str], None],
        *,
        running: bool,
        start_wh: float | None,
    ) -> dict[str, float]:
        """Take a register reading; return energy_wh and session_wh as far as they are known.

        Args:
            running: a transaction runs; without a plug-in on record the session begins with it.
            start_wh: the register at its start.
        """
        self.register_wh = register_wh
        total_wh = self._counter.read(register_wh, mono_s, odd)
        if total_wh is None:
            return {}
        if self._base_wh is None and running:
            since_wh = 0.0 if start_wh is None else max(register_wh - start_wh, 0.0)
            self._base_wh = total_wh - since_wh
        if self._base_wh is None:
            return {"energy_wh": total_wh}
        return {
            "energy_wh": total_wh,
            "session_wh": round(max(total_wh - self._base_wh, 0.0), 3),
        }
