"""The state of the house as the fold of its Readings, with the age of every single field.

A late message about one field must not be taken for news of another, and "still charging"
said before a command must not prove it; so each field keeps the instant at which it was
last said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Generic, TypeVar

from agent.model.nothing import nothing
from agent.model.readings import DeviceId, PowerDelivery, Reading

R_co = TypeVar("R_co", bound=Reading, covariant=True)
R = TypeVar("R", bound=Reading)

_ABOUT_THE_LINK = frozenset({"reachable", "problem"})
_STAMP_FIELDS = frozenset({"device", "at", "mono_s"})


@dataclass(frozen=True, slots=True)
class Seen(Generic[R_co]):
    """All that is known of one device.

    Args:
        value: the newest known value of each field; `at` and `mono_s` are the newest Reading's.
        said_mono_s: field name -> monotonic instant at which it was last said.
        otherwise_mono_s: field name -> monotonic instant at which it was last said to be something
            else. What became true did so after that instant and not after it was first said, so
            a plug-in is an interval. Absent while it was never otherwise.
    """

    value: R_co
    said_mono_s: Mapping[str, float]
    otherwise_mono_s: Mapping[str, float] = field(default_factory=nothing)

    def age_s(self, field: str, now_mono_s: float) -> float | None:
        """Seconds since `field` was last said; None if it never was."""
        said = self.said_mono_s.get(field)
        return None if said is None else max(0.0, now_mono_s - said)

    def fresh(self, field: str, now_mono_s: float, within_s: float) -> bool:
        age_s = self.age_s(field, now_mono_s)
        return age_s is not None and age_s <= within_s

    def said_after(self, field: str, mono_s: float) -> bool:
        """Whether `field` was said strictly after the given monotonic instant."""
        return self.said_mono_s.get(field, float("-inf")) > mono_s

    @property
    def spoke_mono_s(self) -> float | None:
        """When the device itself last said something; None if it never did."""
        words = [at for name, at in self.said_mono_s.items() if name not in _ABOUT_THE_LINK]
        return max(words, default=None)

    @property
    def reachable(self) -> bool:
        """A device that speaks is reachable until its driver says otherwise."""
        return self.value.reachable is not False


Snapshot = Mapping[DeviceId, Seen[Reading]]
"""All devices' newest state, frozen; every planner of one tick sees the same house."""

EMPTY: Snapshot = MappingProxyType({})


def seen(reading: R) -> Seen[R]:
    """The state of a device of which `reading` is the first word."""
    said = dict.fromkeys(_said(reading), reading.mono_s)
    return Seen(reading, MappingProxyType(said))


def fold(state: Seen[R] | None, news: R) -> Seen[R]:
    """Return the state updated with whatever `news` knows; per field, older news changes nothing.

    Equal instants: the later arrival wins (chargers send several messages in one second).
    """
    if state is None or type(state.value) is not type(news):
        return seen(news)
    said = state.said_mono_s
    fresh = [name for name in _said(news) if news.mono_s >= said.get(name, float("-inf"))]
    if not fresh:
        return state
    known: dict[str, object] = {name: getattr(news, name) for name in fresh}
    changed = {name: said[name] for name in fresh if name in said and _differs(name, state, news)}
    if news.mono_s >= state.value.mono_s:
        known |= {"at": news.at, "mono_s": news.mono_s}
    return Seen(
        replace(state.value, **known),  # type: ignore[arg-type]
        MappingProxyType({**said, **dict.fromkeys(fresh, news.mono_s)}),
        MappingProxyType({**state.otherwise_mono_s, **changed})
        if changed
        else state.otherwise_mono_s,
    )


def _differs(name: str, state: Seen[R], news: R) -> bool:
    return bool(getattr(state.value, name) != getattr(news, name))


FORGET_AFTER_S = 7 * 86_400.0
"""Enode: a plug state that nobody renewed for seven days is unknown."""


def power_delivery(seen: Seen[Reading] | None, now_mono_s: float) -> PowerDelivery:
    """The plug state of a charger or a car as far as it can still be believed."""
    state = getattr(seen.value, "power_delivery", None) if seen is not None else None
    if (
        seen is None
        or state is None
        or not seen.fresh("power_delivery", now_mono_s, FORGET_AFTER_S)
    ):
        return PowerDelivery.UNKNOWN
    return PowerDelivery(state)


def _said(reading: Reading) -> list[str]:
    names = _names(type(reading))  # type: ignore[arg-type]
    return [name for name in names if getattr(reading, name) is not None]


@lru_cache
def _names(kind: type[Reading]) -> tuple[str, ...]:
    """What a Reading of this kind can say."""
    return tuple(f.name for f in fields(kind) if f.name not in _STAMP_FIELDS)
