"""Whether a transaction that stands open has ended without a word.

Boxes that lose power, or their memory, come back without a StopTransaction (evcc issue 30247).
As long as Hearth believes in the old transaction it starts no new one. Instants are monotonic.
"""

from drivers.ocpp.states import Status

FREE_S = 60.0
WAITING_S = 180.0
"""Preparing may follow a start that was quicker; then the car may take this long to begin."""


class Doubt:
    """About the transaction of one connector."""

    def __init__(self) -> None:
        self._since: tuple[Status, float] | None = None
        self._certain = False

    def on_status(self, status: Status, mono_s: float, *, transaction_open: bool) -> None:
        """Available, then Preparing: a car has come that cannot be part of the old transaction."""
        if status not in (Status.AVAILABLE, Status.PREPARING) or not transaction_open:
            self.dispel()
        elif self._since is None:
            self._since = status, mono_s
        elif status is Status.PREPARING and self._since[0] is Status.AVAILABLE:
            self._certain = True
        elif status is not self._since[0]:
            self._since = status, mono_s

    def dispel(self) -> None:
        """The transaction is known to run, or there is none."""
        self._since, self._certain = None, False

    def on_sample(self, mono_s: float) -> None:
        """Meter values name the transaction."""
        if self._since is not None:
            self._since, self._certain = (self._since[0], mono_s), False

    def lost(self, mono_s: float) -> bool:
        if self._since is None:
            return False
        status, since_s = self._since
        patience_s = FREE_S if status is Status.AVAILABLE else WAITING_S
        return self._certain or mono_s - since_s >= patience_s
