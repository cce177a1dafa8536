"""What Hearth may say to a car's gateway: start and stop, and a person's wish for news.

Nothing here is ever sent by itself. A refresh costs a carmaker's quota, mobile data or sleep of
the car, so each has a pause in which a further one is refused.
"""

from dataclasses import dataclass

from agent.model.driver import Refused
from agent.model.readings import DeviceId
from drivers.vehicles.config import VehicleConfig

Message = tuple[str, str]
"""Topic and payload."""

OVMS_PAUSE_S = 300.0
"""The module answers from its memory: a few kB of mobile data, and the car sleeps on."""

CARCONNECTIVITY_PAUSE_S = 900.0
"""It asks the carmaker, who counts; 500 requests a day are reported for Skoda."""

_CANNOT_REFRESH = {
    "teslamate": "TeslaMate decides itself when it looks at the car, and cannot be hurried",
    "statestream": "Home Assistant sends by itself, and statestream takes no requests",
    "evcc": "evcc decides itself when it asks the car",
    "mqtt": "its gateway cannot be asked; if it can, add refresh: with the topic",
}


@dataclass(slots=True)
class Orders:
    """Args:
    start, stop: None = the car cannot be told.
    refresh: None = `cannot` says why.
    pause_s: between two refreshes.
    """

    device: DeviceId
    start: Message | None = None
    stop: Message | None = None
    refresh: Message | None = None
    cannot: str = ""
    pause_s: float = 0.0
    _refreshed_s: float | None = None

    def charging(self, *, charge: bool) -> Message:
        """
        Raises:
            Refused: the car cannot be told.
        """
        order = self.start if charge else self.stop
        if order is None:
            raise Refused(
                f"{self.device} can be read but not told to charge; a source that can needs "
                "control: true or command: in the config file"
            )
        return order

    def news(self, now_mono_s: float) -> Message:
        """The request for news; from now on the pause runs.

        Raises:
            Refused: it cannot be asked, or not again so soon.
        """
        if self.refresh is None:
            raise Refused(f"{self.device}: {self.cannot}")
        if self._refreshed_s is not None and now_mono_s - self._refreshed_s < self.pause_s:
            ago_s = now_mono_s - self._refreshed_s
            raise Refused(
                f"{self.device} was asked for news {ago_s:.0f} s ago, and each time costs; "
                f"ask again in {self.pause_s - ago_s:.0f} s"
            )
        self._refreshed_s = now_mono_s
        return self.refresh


def orders_of(device: DeviceId, config: VehicleConfig, base: str) -> Orders:
    """Args:
    base: first part of the source's topics.
    """
    orders = Orders(device, cannot=_CANNOT_REFRESH.get(config.source, ""))
    if config.source == "ovms":
        client = f"{base}/client/hearth"
        orders.refresh, orders.pause_s = (f"{client}/request/metric", "*"), OVMS_PAUSE_S
        if config.control:
            orders.start = (f"{client}/command/1", "charge start")
            orders.stop = (f"{client}/command/2", "charge stop")
    elif config.source == "carconnectivity":
        topic = f"{base}/plugins/mqtt/carconnectivityForceUpdate_writetopic"
        orders.refresh, orders.pause_s = (topic, "true"), CARCONNECTIVITY_PAUSE_S
        if config.control:
            topic = f"{base}/garage/{config.id}/charging/commands/start-stop_writetopic"
            orders.start, orders.stop = (topic, "start"), (topic, "stop")
    if config.command is not None:
        orders.start = (config.command.topic, config.command.start)
        orders.stop = (config.command.topic, config.command.stop)
    if config.refresh is not None:
        orders.refresh = (config.refresh.topic, config.refresh.payload)
        orders.pause_s = config.refresh.pause_s
    return orders
