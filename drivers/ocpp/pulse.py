"""Whether a connection still lives, in house time and in real time."""

from enum import Enum, auto

SILENT_HEARTBEATS = 3
PING_HEARTBEATS = 1.5


class Verdict(Enum):
    ALIVE = auto()
    PING = auto()  # the charger may have another heartbeat in mind; once per silence
    DEAD = auto()


class Pulse:
    """Args:
    heartbeat_s: in house time.
    quiet_s: real seconds of silence before anything is doubted; house time may run faster.
    """

    def __init__(self, heartbeat_s: float, quiet_s: float, mono_s: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._quiet_s = quiet_s
        self._heard_mono_s = mono_s
        self._pinged = False

    def check(self, silent_real_s: float, mono_s: float) -> Verdict:
        if silent_real_s < self._quiet_s:
            self._heard_mono_s = mono_s
            self._pinged = False
            return Verdict.ALIVE
        silent_s = mono_s - self._heard_mono_s
        if silent_s > SILENT_HEARTBEATS * self._heartbeat_s:
            return Verdict.DEAD
        if silent_s > PING_HEARTBEATS * self._heartbeat_s and not self._pinged:
            self._pinged = True
            return Verdict.PING
        return Verdict.ALIVE
