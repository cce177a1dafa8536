"""CarConnectivity with its MQTT plugin: asks the carmaker every 5 minutes, publishes changes."""

from collections.abc import Iterator

from simulators.vehicles.gateway import CarState, Changes, Gateway, Message

POLL_S = 300.0

QUIRKS = {
    "miles": "the host's language counts in miles",
    "hybrid": "the first drive burns petrol",
}


class CarConnectivity(Gateway):
    """Args:
    prefix: carconnectivity/0.
    """

    keepalive_s = 60

    def __init__(self, prefix: str, vin: str, quirks: frozenset[str] = frozenset()) -> None:
        self._link = f"{prefix}/plugins/mqtt/connected"
        self.will: Message | None = Message(self._link, "False")
        self._changes = Changes(f"{prefix}/garage/{vin}/")
        self._quirks = quirks

    def hello(self) -> Iterator[Message]:
        self._changes.forget()
        yield Message(self._link, "True")

    def look(self, car: CarState, now_s: float) -> Iterator[Message]:
        del now_s
        yield from self._changes.of(self._values(car))

    def pause_s(self, car: CarState) -> float:  # noqa: ARG002 -- the same whatever the car does
        return POLL_S

    def _values(self, car: CarState) -> dict[str, str]:
        of_km = 1.609344 if "miles" in self._quirks else 1.0
        hybrid = "hybrid" in self._quirks
        drive = "secondary" if hybrid else "primary"
        petrol = {"drives/primary/type": "gasoline", "drives/primary/level": "80"}
        charging = "conservation" if car.full else "ready_for_charging" if car.plugged else "off"
        return (petrol if hybrid else {}) | {
            f"drives/{drive}/level": f"{car.soc_percent:.0f}",
            f"drives/{drive}/type": "electric",
            f"drives/{drive}/range": f"{car.range_km / of_km:.0f}",
            "charging/state": "charging" if car.charging else charging,
            "charging/power": f"{car.power_w / 1000:.1f}",
            "charging/settings/target_level": f"{car.limit_percent:.0f}",
            "charging/connector/connection_state": ("connected" if car.plugged else "disconnected"),
            "position/latitude": f"{car.latitude_deg:.6f}",
            "position/longitude": f"{car.longitude_deg:.6f}",
            "odometer": f"{car.odometer_km / of_km:.0f}",
            "connection_state": "online" if car.charging else "reachable",
        }
