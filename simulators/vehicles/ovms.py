"""OVMS v3: metrics at QoS 0 with the retain flag, often when it pays, all of them every 20 min."""

from collections.abc import Iterator

from simulators.vehicles.gateway import CarState, Changes, Gateway, Message, yes

IDLE_S, AWAKE_S, CHARGING_S, ALL_S = 600.0, 60.0, 10.0, 1200.0
AWAKE_FOR_S = 300.0
WAKES_S = 3.0
"""The control pilot's pin wakes the bus, and with it the module."""

QUIRKS = {
    "no-pilot": "this car's module never fills the control pilot",
    "not-retained": "a broker or bridge that drops the retain flag",
}


class Ovms(Gateway):
    """Args:
    prefix: ovms/USER/VEHICLE.
    """

    keepalive_s = 29 * 60
    wakes_s = WAKES_S

    def __init__(self, prefix: str, quirks: frozenset[str] = frozenset()) -> None:
        self._prefix = f"{prefix}/metric/"
        self.will: Message | None = Message(f"{self._prefix}s/v3/connected", "no")
        self._changes = Changes(self._prefix, retain="not-retained" not in quirks, qos=0)
        self._quirks = quirks
        self._all_at_s = float("-inf")
        self._moved_at_s = float("-inf")
        self._was: tuple[bool, bool] | None = None
        self._awake = False

    def hello(self) -> Iterator[Message]:
        self._changes.forget()
        yield Message(f"{self._prefix}s/v3/connected", "yes")

    def look(self, car: CarState, now_s: float) -> Iterator[Message]:
        if now_s - self._all_at_s >= ALL_S:
            self._changes.forget()
            self._all_at_s = now_s
        if self._was != (car.plugged, car.charging):
            self._was, self._moved_at_s = (car.plugged, car.charging), now_s
        self._awake = car.charging or now_s - self._moved_at_s < AWAKE_FOR_S
        yield from self._changes.of(self._values(car, now_s))

    def pause_s(self, car: CarState) -> float:
        return CHARGING_S if car.charging else AWAKE_S

    def _values(self, car: CarState, now_s: float) -> dict[str, str]:
        yes_no = ("yes", "no")
        state = "charging" if car.charging else "done" if car.full else "stopped"
        values = {
            "v/e/awake": yes(self._awake, yes_no),
            "v/b/soc": f"{car.soc_percent:.1f}",
            "v/b/capacity": f"{car.capacity_wh / 1000:.1f}",
            "v/b/range/est": f"{car.range_km:.0f}",
            "v/c/charging": yes(car.charging, yes_no),
            "v/c/limit/soc": f"{car.limit_percent:.0f}",
            "v/c/power": f"{car.power_w / 1000:.2f}",
            "v/p/latitude": f"{car.latitude_deg:.6f}",
            "v/p/longitude": f"{car.longitude_deg:.6f}",
            "v/p/gpslock": "yes",
            "v/p/odometer": f"{car.odometer_km:.1f}",
            "v/c/duration/full": "-1" if not car.charging else "60",
            "m/time/utc": f"{now_s:.0f}",
        }
        if car.plugged:
            values["v/c/state"] = state  # stays as it was when the plug is pulled
        if "no-pilot" not in self._quirks:
            values["v/c/pilot"] = yes(car.plugged, yes_no)
        return values
