"""TeslaMate: retained texts on change, an unretained heartbeat, and a car that falls asleep.

An idle car is looked at for 15 minutes, then left alone for up to 21, then it sleeps: until it
wakes its values are those of before. Plugging in wakes it at the next list of cars, 30 s apart.
"""

from collections.abc import Iterator

from simulators.vehicles.gateway import CarState, Changes, Gateway, Message, yes

IDLE_S = 15 * 60.0
SUSPENDED_S = 21 * 60.0
ASLEEP_POLL_S = 30.0
ONLINE_POLL_S = 60.0
DRIVING_POLL_S = 15.0

QUIRKS = {
    "ghost-unplug": "one look in twenty says that the plug is out",
    "soc-revert": "falling asleep, it shows the state of charge of when it was plugged in",
    "stale-healthy": "an old version's retained heartbeat lies on the broker",
}


class TeslaMate(Gateway):
    """Args:
    base: teslamate, or teslamate/NAMESPACE.
    """

    will = None
    keepalive_s = 60

    def __init__(self, base: str, car: str, quirks: frozenset[str] = frozenset()) -> None:
        self._prefix = f"{base}/cars/{car}/"
        self._changes = Changes(self._prefix)
        self._quirks = quirks
        self._state = "start"
        self._idle_since_s: float | None = None
        self._plugged = False
        self._plugged_soc_percent = 0.0
        self._looks = 0

    def hello(self) -> Iterator[Message]:
        self._changes.forget()
        if "stale-healthy" in self._quirks:
            yield Message(f"{self._prefix}healthy", "true")

    def look(self, car: CarState, now_s: float) -> Iterator[Message]:
        if car.plugged and not self._plugged:
            self._plugged_soc_percent = car.soc_percent
        self._state = self._next_state(car, now_s)
        if self._state == "suspended":
            yield from self._changes.of({"state": "suspended"})
            return
        if self._state == "asleep":
            yield from self._changes.of({"state": "asleep", **self._reverted(car)})
        else:
            self._plugged = car.plugged
            yield from self._changes.of(self._values(car))
        yield Message(f"{self._prefix}healthy", "true", retain=False)

    def pause_s(self, car: CarState) -> float:
        if self._state == "charging":
            return min(20.0, max(5.0, 250_000 / max(car.power_w, 1.0)))
        if self._state == "driving":
            return DRIVING_POLL_S
        return ONLINE_POLL_S if self._state == "online" else ASLEEP_POLL_S

    def _next_state(self, car: CarState, now_s: float) -> str:
        if car.charging or car.plugged != self._plugged or not car.plugged:
            self._idle_since_s = None
            return "charging" if car.charging else "online" if car.plugged else "driving"
        if self._idle_since_s is None:
            self._idle_since_s = now_s
        idle_s = now_s - self._idle_since_s
        if idle_s < IDLE_S:
            return "online"
        return "suspended" if idle_s < IDLE_S + SUSPENDED_S else "asleep"

    def _reverted(self, car: CarState) -> dict[str, str]:
        if "soc-revert" not in self._quirks or not car.plugged:
            return {}
        level = f"{self._plugged_soc_percent:.0f}"
        return {"battery_level": level, "usable_battery_level": level}

    def _values(self, car: CarState) -> dict[str, str]:
        self._looks += 1
        ghost = "ghost-unplug" in self._quirks and self._looks % 20 == 0
        plugged = car.plugged and not ghost
        charging = "Charging" if car.charging else "Complete" if car.full else "Stopped"
        position = f'{{"latitude":{car.latitude_deg:.6f},"longitude":{car.longitude_deg:.6f}}}'
        return {
            "state": self._state,
            "model": "3",
            "battery_level": f"{car.soc_percent:.0f}",
            "usable_battery_level": f"{car.soc_percent:.0f}",
            "plugged_in": yes(plugged),
            "charging_state": charging if plugged else "Disconnected",
            "charge_limit_soc": f"{car.limit_percent:.0f}",
            "charger_power": f"{car.power_w / 1000:.0f}" if car.charging else "",
            "charger_phases": str(car.phases) if car.charging else "",
            "time_to_full_charge": _hours(car) if car.charging else "",
            "est_battery_range_km": f"{car.range_km:.1f}",
            "odometer": f"{car.odometer_km:.1f}",
            "location": position,
        }


def _hours(car: CarState) -> str:
    missing_wh = (car.limit_percent - car.soc_percent) / 100 * car.capacity_wh
    return f"{missing_wh / (0.9 * max(car.power_w, 1.0)):.2f}"
