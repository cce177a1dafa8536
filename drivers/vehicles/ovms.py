"""OVMS v3: PREFIX/metric/v/b/soc and so on, plain values in metric units, QoS 0, retained.

Source: openvehicles/Open-Vehicle-Monitoring-System-3, ovms_server_v3.cpp and the user guide's
list of metrics. Everything is sent every 20 minutes, in between only what changed. The module is
told of a client by PREFIX/client/ID/active and then sends more often over its mobile link, which
costs; Hearth never does that.
"""

from collections.abc import Mapping

from agent.model.readings import PowerDelivery
from drivers.vehicles import parse
from drivers.vehicles.words import PLUG_WORDS, Renewal, Said, Value, meaning

_FIELDS: Mapping[str, tuple[str, str | None]] = {
    "v/b/soc": ("soc_percent", None),
    "v/b/capacity": ("capacity_wh", "kWh"),
    "v/b/range/est": ("range_km", None),
    "v/c/pilot": ("plugged_in", None),
    "v/c/charging": ("charging", None),
    "v/c/limit/soc": ("charge_limit_percent", None),
    "v/c/power": ("power_w", "kW"),
    "v/c/climit": ("max_current_a", None),
    "v/c/duration/full": ("charge_remaining_s", "min"),  # -1 = not known
    "v/p/latitude": ("latitude_deg", None),
    "v/p/longitude": ("longitude_deg", None),
    "v/p/gpslock": ("gps", None),
    "v/p/odometer": ("odometer_km", None),
    "v/e/awake": ("awake", None),
    "m/version": ("firmware", None),
}
_STATES: Mapping[str, PowerDelivery] = {
    "charging": PowerDelivery.CHARGING,
    "topoff": PowerDelivery.CHARGING,
    "done": PowerDelivery.COMPLETE,
    "prepare": PowerDelivery.INITIALIZING,
    "heating": PowerDelivery.INITIALIZING,
    "timerwait": PowerDelivery.STOPPED,
    "stopped": PowerDelivery.STOPPED,
}


class Ovms:
    """Args:
    prefix: of all topics of the car, e.g. ovms/USER/VEHICLE.
    """

    alive_within_s: float | None = None
    has_online = True  # by last will; with its keep-alive of 29 min up to 45 min late
    gateway = "OVMS"

    def __init__(self, prefix: str) -> None:
        self._metric = f"{prefix}/metric/"
        metrics = (*_FIELDS, "v/c/state", "v/c/substate", "m/time/utc", "s/v3/connected")
        self.topics: tuple[str, ...] = tuple(self._metric + metric for metric in metrics)
        self._state = ""
        self._substate = ""

    def read(self, topic: str, payload: bytes) -> tuple[Said, ...]:
        if not topic.startswith(self._metric):
            return ()
        metric, text = topic.removeprefix(self._metric), parse.text_of(payload)
        if metric in _FIELDS:
            word, unit = _FIELDS[metric]
            return (Said(word=word, value=meaning(word, text, unit)),)
        match metric:
            case "v/c/state":
                self._state = text or ""
                return (self._detail(),)
            case "v/c/substate":
                self._substate = text or ""
                return (self._detail(),)
            case "m/time/utc":
                return () if text is None else (Said(word="alive", value=True),)
            case "s/v3/connected":
                return (Said(word="online", value=parse.flag(text)),)
        return ()

    def renewed(self, known: Mapping[str, Value]) -> Renewal | None:
        """Only an awake car's control pilot is looked at; the bus of a sleeping one is frozen."""
        return Renewal(words=PLUG_WORDS) if parse.flag(str(known.get("awake"))) else None

    def _detail(self) -> Said:
        if self._state != "done" and self._substate == "powerwait":
            return Said(word="detail", value=PowerDelivery.NO_POWER)
        return Said(word="detail", value=_STATES.get(self._state))
