"""A person at the Home Assistant app: presses what makes sense now, over MQTT."""

import json
import random
import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

BATTERIES_UP_TO_SPEED = 100.0


class Person:
    """Listens to Home Assistant's discovery as its MQTT integration does, and presses buttons.

    Args:
        port: of the demo's broker on this machine.
        seed: makes the choices repeatable.
        speed: of the demo. A Modbus device answers in real time; at high speed that is minutes
            of the house's, and nobody would wait for a battery so long.
    """

    def __init__(self, port: int, seed: int, speed: float) -> None:
        self._random = random.Random(seed)
        self._steers_batteries = speed <= BATTERIES_UP_TO_SPEED
        self._components: dict[str, dict[str, Any]] = {}
        self._busy = threading.Lock()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="demo-person")
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _on_connect(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe("homeassistant/device/#", qos=1)

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if not message.payload:
            return
        found = json.loads(message.payload)
        with self._busy:
            for component in found.get("cmps", found.get("components", {})).values():
                identity = component.get("uniq_id", component.get("unique_id"))
                if identity:
                    self._components[identity] = component

    @property
    def entities(self) -> int:
        """How many entities Home Assistant would show."""
        with self._busy:
            return len(self._components)

    def press_something(self, doc: dict[str, Any]) -> str | None:
        """Do one sensible thing; returns what, or None when nothing makes sense now."""
        choices = self._choices(doc)
        if not choices:
            return None
        device, key, payload = self._random.choice(choices)
        topic = self._topic(device, key)
        if topic is None:
            return None
        self._client.publish(topic, payload, qos=1)
        return f"{device}: {key} {payload}"

    def _choices(self, doc: dict[str, Any]) -> list[tuple[str, str, str]]:
        choices: list[tuple[str, str, str]] = []
        for device in doc["devices"]:
            name, state = device["id"], device["state"]
            if not device["isReachable"]:
                continue
            if device["kind"] == "charger":
                match state.get("powerDeliveryState"):
                    case "PLUGGED_IN:CHARGING":
                        choices += [(name, "charging", "OFF")]
                        choices += [(name, "current_limit", a) for a in ("8", "12", "16")]
                    case "PLUGGED_IN:STOPPED":
                        choices += [(name, "charging", "ON")] * 3
            if device["kind"] == "battery" and self._steers_batteries:
                wanted = {"IDLE", "SELF_RELIANCE"} - {state.get("operationMode")}
                choices += [(name, "mode", mode) for mode in sorted(wanted)]
        return choices

    def _topic(self, device: str, key: str) -> str | None:
        end = f"/{device}/{key}/set"
        with self._busy:
            for component in self._components.values():
                topic = component.get("cmd_t", component.get("command_topic", ""))
                if str(topic).endswith(end):
                    return str(topic)
        return None

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
