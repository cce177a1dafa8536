"""How far sending may run ahead of what the receiver says that it has stored.

A broker's answer is no storage. So a sender may have only so many messages out that the receiver
has not acked; when acks stay away it begins again at the last ack, with one message at a time and
ever more rarely, until there is an ack again. What waits stays on disk, where it costs nothing.
"""

from collections import deque
from typing import Final

MOST_OUT: Final = 100
"""Messages; a tenth of what Mosquitto keeps for a receiver that is away."""

AGAIN_AFTER_S: Final = 60.0
AGAIN_AT_MOST_S: Final = 900.0


class Ahead:
    """Of one chain of messages, each of which ends at a higher position than the one before.

    Monotonic real seconds, given to each call.
    """

    def __init__(self, most_out: int, again_after_s: float) -> None:
        self._most_out, self._again_after_s = most_out, again_after_s
        self._out: deque[int] = deque()
        self._room, self._patience_s = most_out, again_after_s
        self._progress_s = 0.0

    @property
    def free(self) -> bool:
        """Whether one more message may go."""
        return len(self._out) < self._room

    def sent(self, to: int, now_s: float) -> None:
        if not self._out:
            self._progress_s = now_s
        self._out.append(to)

    def acked(self, to: int, now_s: float) -> None:
        """The receiver has all up to `to`."""
        before = len(self._out)
        while self._out and self._out[0] <= to:
            self._out.popleft()
        if len(self._out) < before:
            self._room, self._patience_s = self._most_out, self._again_after_s
            self._progress_s = now_s

    def left_s(self, now_s: float) -> float | None:
        """How much patience is left, 0 or less when it is over; None if nothing is out."""
        return None if not self._out else self._progress_s + self._patience_s - now_s

    def begin_again(self) -> None:
        """Nothing that is out counts any more; the caller goes back to the last ack."""
        self._out.clear()
        self._room = 1
        self._patience_s = min(2 * self._patience_s, AGAIN_AT_MOST_S)
