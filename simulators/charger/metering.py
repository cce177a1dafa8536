"""When a charge point reports its meter: in transactions, by the clock, and when asked."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from simulators.charger.cables import Amps, CableState
from simulators.charger.keys import Keys
from simulators.charger.outbox import Outbox
from simulators.charger.transaction import Transaction, samples
from simulators.charger.words import Words

_MOST_WAITING = 3
"""A central system that is slower than the samples gets fewer, not older ones."""


@dataclass(slots=True, kw_only=True)
class Metering:
    """Args:
    wish: the context of a reading that somebody asked for.
    """

    keys: Keys
    words: Words
    outbox: Outbox
    online: Callable[[], bool]
    wish: str | None = None
    _sample_at_s: float = math.inf
    _aligned_slot: int = 0

    def begin(self, at_s: float) -> None:
        """A transaction began: its first sample is one interval later."""
        self._sample_at_s = at_s + self.keys.number("MeterValueSampleInterval")

    def sample(self, state: CableState, offered: Amps, tx: Transaction | None) -> None:
        """Put into the outbox what is due at the instant of `state`."""

        def measure(context: str, key: str) -> None:
            values = samples(state, offered, self.keys.measurands(key), context)
            message = self.words.metered(tx, state.at_s, values, context)
            if message is not None:
                self.outbox.put(message)

        if self.wish is not None:
            measure(self.wish, "MeterValuesSampledData")
            self.wish = None
        if tx is not None and self._sample_is_due(state.at_s):
            measure("Sample.Periodic", "MeterValuesSampledData")
        if self._clock_is_due(state.at_s):
            measure("Sample.Clock", "MeterValuesAlignedData")

    def _sample_is_due(self, now_s: float) -> bool:
        interval_s = self.keys.number("MeterValueSampleInterval")
        if not interval_s or now_s < self._sample_at_s:
            return False
        missed = math.floor((now_s - self._sample_at_s) / interval_s)
        self._sample_at_s += (missed + 1) * interval_s
        return not self.online() or self.outbox.waiting("MeterValues") < _MOST_WAITING

    def _clock_is_due(self, now_s: float) -> bool:
        """At each full ClockAlignedDataInterval of the day; the first one met is only noted."""
        interval_s = self.keys.number("ClockAlignedDataInterval")
        slot = int(now_s // interval_s) if interval_s else 0
        due = slot != 0 and self._aligned_slot not in {slot, 0}
        self._aligned_slot = slot
        return due
