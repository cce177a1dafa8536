"""A person at the Home Assistant app: presses what makes sense now, over MQTT."""

import json
import random
import threading
from datetime import datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.cli.demo.scene import TIMEZONE, Scene

BATTERIES_UP_TO_SPEED = 100.0
LIVE_AT = {"garage": "family_car", "carport": "city_car"}
AS_GOOD_AS_FULL_PERCENT = 4.0
"""A car tells of its level now and then."""

FAMILY_READY_BY = "07:00 on weekdays, 09:00 on weekends"


class Person:
    """Listens to Home Assistant's discovery as its MQTT integration does, and presses buttons.

    Args:
        port: of the demo's broker on this machine.
        seed: makes the choices repeatable.
        scene: at high speed a Modbus device, which answers in real time, takes minutes of the
            house's, and nobody would wait for a battery so long.
    """

    def __init__(self, port: int, seed: int, scene: Scene) -> None:
        self._random, self._scene = random.Random(seed), scene
        self._steers_batteries = scene.speed <= BATTERIES_UP_TO_SPEED
        self._wished = False
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

    def wish(self, doc: dict[str, Any]) -> None:
        """Say once by when the cars shall be full, as soon as Home Assistant shows where."""
        at = self._scene.city_needed_at(datetime.fromisoformat(doc["at"])).astimezone(TIMEZONE)
        wishes = [
            ("city_car", "ready_once", f"{at:%Y-%m-%d %H:%M}"),
            ("family_car", "ready_by", FAMILY_READY_BY),
            ("family_car", "smart_charging", "ON"),
        ]
        topics = [self._topic(device, key) for device, key, _ in wishes]
        if self._wished or None in topics:
            return
        self._wished = True
        for topic, (_, _, payload) in zip(topics, wishes, strict=True):
            self._client.publish(str(topic), payload, qos=1)

    def press_something(
        self, doc: dict[str, Any], plan: dict[str, Any], *, chargers: bool = True
    ) -> str | None:
        """Do one sensible thing; returns what, or None when nothing makes sense now.

        Args:
            chargers: whether they may be touched, too.
        """
        choices = sensible(doc, _planned(doc, plan), batteries=self._steers_batteries)
        if not chargers:
            choices = [each for each in choices if each[1] == "mode"]
        if not choices:
            return None
        device, key, payload = self._random.choice(choices)
        topic = self._topic(device, key)
        if topic is None:
            return None
        self._client.publish(topic, payload, qos=1)
        return f"{device}: {key} {payload}"

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


def sensible(
    doc: dict[str, Any], planned: set[str], *, batteries: bool
) -> list[tuple[str, str, str]]:
    """What makes sense to press now: device, key and payload.

    Args:
        planned: chargers at which a plan starts and stops.
        batteries: whether they may be touched.
    """
    choices: list[tuple[str, str, str]] = []
    states = {device["id"]: device["state"] for device in doc["devices"] if device["isReachable"]}
    for device in doc["devices"]:
        name, state = device["id"], device["state"]
        if name not in states:
            continue
        if device["kind"] == "charger" and not _hurries(device):
            match state.get("powerDeliveryState"):
                case "PLUGGED_IN:CHARGING":
                    choices += [(name, "charging", "OFF")] * (name not in planned)
                    choices += [(name, "current_limit", a) for a in ("8", "12", "16")]
                case "PLUGGED_IN:STOPPED" if name not in planned and not _full(name, states):
                    choices += [(name, "charging", "ON")] * 3
        if device["kind"] == "battery" and batteries:
            wanted = {"IDLE", "SELF_RELIANCE"} - {state.get("operationMode")}
            choices += [(name, "mode", mode) for mode in sorted(wanted)]
    return choices


def _full(charger: str, states: dict[str, dict[str, Any]]) -> bool:
    """Whether the car that lives there would take nothing."""
    car = states.get(LIVE_AT.get(charger, ""), {})
    level, limit = car.get("batteryLevel"), car.get("chargeLimit")
    if level is None or limit is None:
        return bool(car.get("powerDeliveryState") == "PLUGGED_IN:COMPLETE")
    return bool(level > limit - AS_GOOD_AS_FULL_PERCENT)


def _planned(doc: dict[str, Any], plan: dict[str, Any]) -> set[str]:
    """The chargers of the cars that follow a plan; a start or a stop by hand is refused there."""
    statuses = plan["statuses"].items()
    follow = {car for car, each in statuses if each["state"].startswith("PLAN:EXECUTING:")}
    return {pair["chargerId"] for pair in doc["pairs"] if pair["vehicleId"] in follow}


def _hurries(device: dict[str, Any]) -> bool:
    """Whether a car there has to be ready soon, so that nobody slows it down."""
    target = device["target"]
    return target is not None and target["reason"]["code"] == "smart-ready"
