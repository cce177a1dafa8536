"""The cloud of the simulators as a process, at a real Mosquitto."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from simulators.cloud.link import Broker
from simulators.cloud.nasty import Nasty
from simulators.cloud.service import Cloud
from simulators.cloud.store import Store
from tests.sim.cloud_process import cloud
from tests.sim.fake_agent import FakeAgent, Json, envelope
from tests.sim.mosquitto import Mosquitto, mosquitto
from tests.sim.mqtt_peers import assert_stops

pytestmark = pytest.mark.mosquitto


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with mosquitto(tmp_path) as running:
        yield running


def test_what_is_acked_is_stored_in_order_and_once(broker: Mosquitto, tmp_path: Path) -> None:
    with cloud(broker.port, tmp_path) as there, FakeAgent(broker.port) as agent:
        agent.tell("event", [envelope(2), envelope(3)], compress=True)
        agent.events(1, 3)
        agent.events(4)
        assert agent.acked(4)["bootId"] == "boot-1"
        found = there.report()
        assert [e["seq"] for e in there.ask(events={"agent": "a1"})["events"]] == [1, 2, 3, 4]
        assert there.end()["clean"]
    assert {k: found[k] for k in ("sent", "stored", "acked", "missing", "duplicated")} == {
        "sent": 4, "stored": 4, "acked": 4, "missing": 0, "duplicated": 0,
    }  # fmt: skip
    assert found["redelivered"] == 1


async def test_a_stop_in_the_instant_in_which_the_link_is_lost_is_a_stop(
    broker: Mosquitto, tmp_path: Path
) -> None:
    store = Store(tmp_path / "cloud.db")
    there = Broker(host="127.0.0.1", port=broker.port, protocol="5")
    for turns in range(12):
        service = Cloud(store=store, there=there, nasty=Nasty(), client_id=f"cloud-{turns}")
        protocol = asyncio.get_running_loop().create_future()
        service.on_ready = protocol.set_result
        running = asyncio.create_task(service.run())
        assert await protocol == "5"
        await asyncio.sleep(0.01)
        service.go_away(0.0)
        await assert_stops(running, turns)
    store.close()


def test_a_gap_is_asked_for_and_counts_as_missing_until_it_is_filled(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with cloud(broker.port, tmp_path) as there, FakeAgent(broker.port) as agent:
        agent.events(1, 5)
        asked = agent.wait("cmd/", lambda c: c["command"] == "page.get")
        assert asked["body"] == {"fromSeq": 2, "toSeq": 4}
        found = there.report()
        assert (found["missing"], found["missingRanges"], found["acked"]) == (3, [[2, 4]], 1)
        agent.events(2, 3, 4)
        agent.answer(asked)
        agent.acked(5)
        assert there.end()["clean"]


def test_dropped_events_are_accounted_for(broker: Mosquitto, tmp_path: Path) -> None:
    with cloud(broker.port, tmp_path) as there, FakeAgent(broker.port) as agent:
        agent.events(1, 3)
        gone = {"event": "system:events-dropped", "fromSeq": 2, "dropped": {"count": 3}}
        agent.tell("event", envelope(5) | gone)
        agent.events(6)
        agent.acked(6)
        found = there.report()
    assert (found["missing"], found["dropped"], found["stored"]) == (0, 3, 3)


def test_a_heartbeat_that_waits_in_vain_shows_what_was_lost_at_the_end(
    broker: Mosquitto, tmp_path: Path
) -> None:
    with cloud(broker.port, tmp_path), FakeAgent(broker.port) as agent:
        agent.events(1)
        agent.acked(1)
        for _ in range(2):
            agent.tell("event", {"event": "system:heartbeat", "pendingEvents": 2})
        asked = agent.wait("cmd/", lambda c: c["command"] == "page.get")
        assert asked["body"] == {"fromSeq": 2}


def test_samples_are_kept_once_and_acked_up_to_the_first_hole(
    broker: Mosquitto, tmp_path: Path
) -> None:
    def stretch(minute: int, **more: Any) -> Json:
        text = "2026-01-01T00:{:02}:00Z"
        series = {"powerW": {"t": [0, 30.5], "v": [7100, None]}}
        return {
            "from": text.format(minute),
            "to": text.format(minute + 1),
            "series": series,
            **more,
        }

    with cloud(broker.port, tmp_path) as there, FakeAgent(broker.port) as agent:
        for minute in (0, 1, 1, 3):
            agent.tell("telemetry/charger/box", stretch(minute))
        until = "2026-01-01T00:02:00Z"
        agent.wait("ack", lambda a: a.get("telemetry") == {"charger/box": until})
        agent.tell("telemetry/charger/box", stretch(2))
        until = "2026-01-01T00:04:00Z"
        agent.wait("ack", lambda a: a.get("telemetry") == {"charger/box": until})
        gap = {"from": until, "to": "2026-01-01T00:10:00Z", "reason": "OUTBOX_FULL"}
        agent.tell("telemetry/charger/box", stretch(10, gap=gap))
        agent.tell("telemetry/charger/box", stretch(20))
        until = "2026-01-01T00:11:00Z"
        agent.wait("ack", lambda a: a.get("telemetry") == {"charger/box": until})
        found = there.report()["telemetry"]
    assert (found["samples"], found["repeated"], found["messages"]) == (12, 2, 7)
    assert (found["gaps"], found["gapSeconds"]) == (1, 360)
    assert (found["holes"], found["holeSeconds"]) == (1, 540)


def test_two_agents_with_one_id_are_noticed(broker: Mosquitto, tmp_path: Path) -> None:
    with cloud(broker.port, tmp_path) as there, FakeAgent(broker.port) as agent:
        agent.events(1)
        agent.acked(1)
        assert not there.report()["twoAgents"]
        with FakeAgent(broker.port, boot_id="boot-2") as twin:
            twin.events(1, event_id="other")
            twin.acked(1)
        agent.tell("status", agent.status(), retain=True)
        agent.events(2)
        agent.acked(2)
        last = there.end()
    assert last["twoAgents"] == ["a1"]
    assert (last["conflicts"], last["clean"]) == (1, False)


def test_a_crash_between_disk_and_ack_loses_nothing(broker: Mosquitto, tmp_path: Path) -> None:
    with FakeAgent(broker.port) as agent:
        with cloud(broker.port, tmp_path, "--crash-after", "2") as there:
            agent.events(1, 2)
            assert there.process.wait(15) == -signal.SIGKILL
        with cloud(broker.port, tmp_path) as there:
            agent.events(1, 2, 3)
            agent.acked(3)
            found = there.end()
    assert found["clean"]
    assert found["stored"] == 3


def test_bad_manners_and_absence_can_be_ordered(broker: Mosquitto, tmp_path: Path) -> None:
    with cloud(broker.port, tmp_path, "--no-ack") as there, FakeAgent(broker.port) as agent:
        agent.events(1)
        while there.ask(report=True)["report"]["stored"] < 1:
            pass
        assert there.ask(offline=0.3) == {"offline": 0.3}
        agent.events(2)
        assert agent.heard == []
        assert there.ask(nasty={"ack": True}) == {"nasty": True}
        agent.acked(2)  # the session kept it, and the retained status asks for an ack
        assert "no setting" in there.ask(nasty={"nonsense": 1})["error"]


def once(port: int, *arguments: str, text: str = "") -> "subprocess.Popen[str]":
    what, *rest = arguments
    command = [sys.executable, "-m", "simulators.cloud", what, "--broker", f"127.0.0.1:{port}"]
    process = subprocess.Popen(
        [*command, "--agent", "a1", *rest],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    process.stdin.write(text)
    process.stdin.close()
    process.stdin = None
    return process


def result(process: "subprocess.Popen[str]") -> tuple[int, Json]:
    out, err = process.communicate(timeout=15)
    assert out, err
    return process.returncode, json.loads(out)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_a_command_is_sent_once_and_its_result_printed(broker: Mosquitto, protocol: str) -> None:
    five = MQTTProtocolVersion.MQTTv5 if protocol == "5" else MQTTProtocolVersion.MQTTv311
    with FakeAgent(broker.port, protocol=five) as agent:
        body = '{"targetType": "charger", "targetId": "box", "kind": "START"}'
        sending = once(broker.port, "send", "--protocol", protocol, "action.create", body)
        command = agent.wait("cmd/")
        agent.answer(command, 409, {"title": "busy"})
        code, told = result(sending)
    assert command["command"] == "action.create"
    assert command["body"]["kind"] == "START"
    assert (code, told["status"], told["requestId"]) == (2, 409, command["requestId"])


def test_a_desired_document_gets_the_next_revision(broker: Mosquitto) -> None:
    with FakeAgent(broker.port) as agent:
        for rev in (1, 2):
            sending = once(broker.port, "desired", "schedule", "s1", "-", text='{"rules": []}')
            document = agent.wait("desired/schedule/s1", lambda d, rev=rev: d["rev"] == rev)  # type: ignore[misc]
            told = {"rev": document["rev"], "status": "applied"}
            agent.tell("reported/schedule/s1", told, retain=True)
            assert result(sending) == (0, told)


def test_the_running_cloud_gives_commands_too(broker: Mosquitto, tmp_path: Path) -> None:
    with cloud(broker.port, tmp_path) as there, FakeAgent(broker.port) as agent:
        body = {"agent": "a1", "command": "action.cancel", "body": {"actionId": "x"}, "waitS": 0.1}
        assert there.ask(send=body) == {"result": None}
        agent.answer(agent.wait("cmd/"), 404)
        agent.tell("state/charger/box", {"id": "box"}, retain=True)
        agent.events(1)
        agent.acked(1)
        found = there.report()
        assert there.ask(documents={"agent": "a1", "under": "state/"})["documents"] == {
            "state/charger/box": {"id": "box"}
        }
    assert found["results"]["byStatus"] == {"404": 1}


def test_the_cloud_speaks_3_1_1_where_the_broker_knows_no_better(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulators.broker", "--port", "0", "--engine", "amqtt"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = json.loads(process.stdout.readline())["port"]
            with cloud(port, tmp_path) as there:
                with FakeAgent(port, protocol=MQTTProtocolVersion.MQTTv311) as agent:
                    agent.events(1)
                    agent.acked(1)
                assert there.protocol == "3.1.1"
        finally:
            process.kill()
