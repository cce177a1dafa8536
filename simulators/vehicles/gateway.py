"""What every gateway does: look at the car now and then, and publish what changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class CarState:
    """The physical car at one instant.

    Args:
        power_w: at the plug; the battery gets nine tenths of it.
        phases: that carry current, 0 to 3.
    """

    plugged: bool
    charging: bool
    soc_percent: float
    limit_percent: float
    capacity_wh: float
    power_w: float
    phases: int
    latitude_deg: float
    longitude_deg: float
    odometer_km: float

    @property
    def full(self) -> bool:
        return self.soc_percent >= self.limit_percent

    @property
    def range_km(self) -> float:
        return self.soc_percent / 100 * self.capacity_wh / 160


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: str
    retain: bool = True
    qos: int = 1


class Gateway(Protocol):
    """Attributes:
    will: what the broker says when the gateway vanishes.
    keepalive_s: real seconds.
    wakes_s: within so many house seconds after the cable or the charging changed it looks; None =
        that does not wake it.
    """

    will: Message | None
    keepalive_s: int
    wakes_s: float | None = None

    def hello(self) -> Iterator[Message]:
        """What it says after connecting."""

    def look(self, car: CarState, now_s: float) -> Iterator[Message]:
        """Look at the car and say what is to be said."""

    def pause_s(self, car: CarState) -> float:
        """House seconds until the next look."""


class Changes:
    """Lets through what differs from what was published last."""

    def __init__(self, prefix: str, *, retain: bool = True, qos: int = 1) -> None:
        self._prefix, self._retain, self._qos = prefix, retain, qos
        self._last: dict[str, str] = {}

    def of(self, values: Mapping[str, str]) -> Iterator[Message]:
        for key, payload in values.items():
            if self._last.get(key) != payload:
                self._last[key] = payload
                yield Message(self._prefix + key, payload, self._retain, self._qos)

    def forget(self) -> None:
        """All is to be published again."""
        self._last.clear()


def yes(flag: bool, words: tuple[str, str] = ("true", "false")) -> str:  # noqa: FBT001 -- is the value
    return words[0] if flag else words[1]
