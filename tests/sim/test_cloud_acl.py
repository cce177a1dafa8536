"""The access list that Hearth ships holds on a real Mosquitto: each agent has its own base only."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from tests.sim.mosquitto import mosquitto

ACL = Path(__file__).parents[2] / "config" / "mosquitto.acl"
NOT_AUTHORISED = 135  # MQTT 5 §3.4.2.1
UP = ("status", "state/charger/x", "event", "telemetry/meter/x", "reported/schedule/x")
DOWN = ("ack", "cmd/x", "desired/schedule/x", "vehicle-in/x")

pytestmark = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(not shutil.which("mosquitto_passwd"), reason="no mosquitto_passwd"),
]


@dataclass
class User:
    """Somebody at the broker; MQTT 5, whose PUBACK tells a refusal."""

    name: str
    port: int
    heard: list[str] = field(default_factory=list)
    codes: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        version = CallbackAPIVersion.VERSION2
        five = MQTTProtocolVersion.MQTTv5
        self.client = mqtt.Client(version, client_id=self.name, protocol=five)
        self.client.username_pw_set(self.name, self.name)
        self.client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self.client.on_publish = self._on_publish
        self.client.connect("127.0.0.1", self.port)
        self.client.subscribe([("hearth/v1/#", 1), ("#", 1)])
        self.client.subscribe(f"$share/all/hearth/v1/{self.name}/cmd/+", 1)
        self.client.loop_start()

    def may_publish(self, topic: str) -> bool:
        sent = self.client.publish(topic, "x", qos=1)
        sent.wait_for_publish(5)
        wait_for(lambda: sent.mid in self.codes)
        return self.codes[sent.mid] != NOT_AUTHORISED

    def _on_publish(
        self, _c: mqtt.Client, _u: object, mid: int, code: ReasonCode, _p: object
    ) -> None:
        self.codes[mid] = code.value


def wait_for(done: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 5
    while not done() and time.monotonic() < deadline_s:
        time.sleep(0.01)


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, User]]:
    folder = tmp_path_factory.mktemp("acl")
    passwords = folder / "passwords"
    passwords.touch(mode=0o600)
    names = ("one", "two", "cloud")
    for name in names:
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), name, name], check=True)
    lines = [f"password_file {passwords}", f"acl_file {ACL}", "allow_anonymous false"]
    with mosquitto(folder, lines) as broker:
        found = {name: User(name, broker.port) for name in names}
        yield found
        for user in found.values():
            user.client.disconnect()
            user.client.loop_stop()


def test_an_agent_publishes_below_its_own_base_only(users: dict[str, User]) -> None:
    one = users["one"]
    assert all(one.may_publish(f"hearth/v1/one/{topic}") for topic in UP)
    assert not any(one.may_publish(f"hearth/v1/two/{topic}") for topic in UP + DOWN)
    assert not any(one.may_publish(topic) for topic in ("hearth/v1", "elsewhere", "hearth/v1/one"))


def test_an_agent_does_not_speak_for_the_cloud(users: dict[str, User]) -> None:
    assert not any(users["one"].may_publish(f"hearth/v1/one/{topic}") for topic in DOWN)


def test_an_agent_hears_what_is_for_itself_only(users: dict[str, User]) -> None:
    one, two, cloud = (users[name] for name in ("one", "two", "cloud"))
    for topic in DOWN:
        assert cloud.may_publish(f"hearth/v1/two/{topic}")
        assert cloud.may_publish(f"hearth/v1/one/{topic}")
    assert two.may_publish("hearth/v1/two/event")
    wait_for(lambda: {f"hearth/v1/one/{topic}" for topic in DOWN} <= set(one.heard))
    assert {topic for topic in one.heard if not topic.startswith("hearth/v1/one/")} == set()
    assert {f"hearth/v1/one/{topic}" for topic in DOWN} <= set(one.heard)


def test_the_cloud_hears_everybody(users: dict[str, User]) -> None:
    cloud = users["cloud"]
    for name in ("one", "two"):
        assert users[name].may_publish(f"hearth/v1/{name}/event")
    wanted = {"hearth/v1/one/event", "hearth/v1/two/event"}
    wait_for(lambda: wanted <= set(cloud.heard))
    assert wanted <= set(cloud.heard)
