"""The demo's grid operator: dims the house for a few minutes now and then, by a retained topic."""

from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

TOPIC: Final = "grid-operator/limit"
LIMIT_W: Final = 4200.0
FREE: Final = "off"

FIRST_S: Final = 45.0
"""Real seconds after the beginning: by then something charges."""

QUIET_END_S: Final = 8.0
"""So that the summary sees a house that is free again."""

HOUSE_EVERY_S, EVERY_S = 3600.0, (45.0, 120.0)
HOUSE_FOR_S, FOR_S = 240.0, (3.0, 20.0)
"""Seconds of the house; and how many real ones that is at least and at most."""


class DemoOperator:
    """
    Args:
        port: of the demo's broker on this machine.
        began_s, speed: of the demo.

    Attributes:
        orders: how many there were so far.
        dims: whether the house is limited now.
    """

    def __init__(self, port: int, began_s: float, speed: float) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="demo-grid-operator")
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._every_s = _between(HOUSE_EVERY_S / speed, EVERY_S)
        self._for_s = _between(HOUSE_FOR_S / speed, FOR_S)
        self._turns_s = began_s + FIRST_S
        self.orders, self.dims = 0, False

    def live(self, now_s: float, ends_in_s: float, doc: dict[str, Any]) -> None:
        """Begin or end an order when it is time for that; none begins while somebody has asked
        for something that it could undo, or so late that it would not end."""
        if now_s < self._turns_s:
            return
        if self.dims:
            self._say(FREE)
            self.dims, self._turns_s = False, now_s + self._every_s
        elif ends_in_s > self._for_s + QUIET_END_S and not _asked(doc):
            self._say(f"{LIMIT_W:g}")
            self.dims, self._turns_s = True, now_s + self._for_s
            self.orders += 1

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _say(self, word: str) -> None:
        self._client.publish(TOPIC, word, qos=1, retain=True)


def _asked(doc: dict[str, Any]) -> bool:
    return any(action["state"] == "PENDING" for action in doc["actions"])


def _between(value_s: float, span_s: tuple[float, float]) -> float:
    return min(max(value_s, span_s[0]), span_s[1])
