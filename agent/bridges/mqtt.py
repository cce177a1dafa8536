"""The house's MQTT broker as Home Assistant uses it, and the connection to it."""

from dataclasses import dataclass

from drivers.mqtt_link import GOODBYE_TIMEOUT_S, Link, Message, Server, connect

__all__ = ["GOODBYE_TIMEOUT_S", "Broker", "Link", "Message", "connect"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker(Server):
    """Where the house's MQTT broker is, and how Home Assistant uses it.

    Args:
        client_id: None makes one from the gateway's id.
        base_topic: Hearth's own topics are base_topic/GATEWAY/DEVICE/...
        discovery_prefix, status_topic: as set in Home Assistant's MQTT integration.
        discovery: whether Home Assistant is told of the devices; False also removes them.
        state_every_s: values that change all the time are published at most this often.
        expire_after_s: fast measurements become unavailable when not renewed for so long;
            None leaves that to the availability topics.
    """

    client_id: str | None = None
    base_topic: str = "hearth"
    discovery_prefix: str = "homeassistant"
    status_topic: str = "homeassistant/status"
    discovery: bool = True
    state_every_s: float = 5.0
    expire_after_s: float | None = None
