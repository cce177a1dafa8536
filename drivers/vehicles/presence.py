"""Whether a car can be reached: the broker, the gateway's last will, its heartbeat.

Silence of the values says nothing, since most gateways publish only what changed.
"""

from dataclasses import dataclass

from drivers.vehicles.words import Layout, Value

State = tuple[bool, str]
"""Reachable or not, and what is wrong ("" = nothing)."""


@dataclass(slots=True)
class Presence:
    """Args:
    online: what the source said last; None = nothing.
    unavailable: all values are said to be unknown.
    """

    layout: Layout
    online: Value | None = None
    unavailable: bool = False
    _up_s: float | None = None
    _beat_s: float | None = None
    _healthy: bool = True
    _told: State | None = None

    def link_up(self, now_mono_s: float) -> None:
        self._up_s, self._beat_s = now_mono_s, None

    def link_lost(self) -> None:
        self._up_s = self._beat_s = self.online = None

    def beat(self, now_mono_s: float, *, healthy: bool) -> None:
        """A heartbeat, or where there is none, any live word."""
        self._beat_s, self._healthy = now_mono_s, healthy

    def news(self, now_mono_s: float) -> State | None:
        """How things stand; None if that is no news."""
        state = self._state(now_mono_s)
        if state == self._told:
            return None
        self._told = state
        return state

    def _state(self, now_mono_s: float) -> State:
        who = self.layout.gateway
        if self._up_s is None:
            return False, f"no connection to the broker of {who}"
        if self.online is False:
            return False, f"{who} says that it is offline"
        within_s = self.layout.alive_within_s
        if within_s is not None and now_mono_s - (self._beat_s or self._up_s) > within_s:
            return False, f"no sign of life from {who} for {within_s / 60:.0f} minutes"
        if self._beat_s is not None and not self._healthy:
            return False, f"{who} cannot ask the car; look whether its login still works"
        if self.unavailable:
            return False, f"{who} says that all its values are unavailable"
        tells = within_s is not None or (self.layout.has_online and self.online is None)
        if tells and self._beat_s is None:
            return False, f"waiting for the first sign of life from {who}"
        return True, ""
