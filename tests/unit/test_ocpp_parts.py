"""The door, the turnstile, the quirks, the settings and our replies."""

import asyncio
import base64
import gc
import json
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import pytest
from pydantic import ValidationError

from agent.model.driver import LinkDown
from drivers.ocpp import v16_requests
from drivers.ocpp.anomalies import Anomalies
from drivers.ocpp.calls import Calls, Declined, Pacing, Priority
from drivers.ocpp.config import ChargerConfig, OcppConfig
from drivers.ocpp.doorman import MAX_PENDING, Doorman, identity_of
from drivers.ocpp.quirks import BY_THE_BOOK, quirks_of
from drivers.ocpp.rpc import Fault, Result
from tests.virtual_time import run_virtual


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        ("/ocpp/CP1", "CP1"),
        ("ws://10.0.0.2:8887/ocpp/CP1", "CP1"),
        ("//CP1//?token=x/y", "CP1"),
        ("/a%2Fb", "a/b"),
        ("/", ""),
        ("", ""),
        ("ws://[bad", ""),
        ("/%ff", "\ufffd"),
    ],
)
def test_the_identity_is_the_end_of_the_path(target: str, identity: str) -> None:
    assert identity_of(target) == identity


def test_a_flood_of_unknown_identities_is_capped() -> None:
    doorman = Doorman({})
    for number in range(1000):
        doorman.ask_for_approval(f"x{number}", "10.0.0.9")
    assert len(doorman.pending) == MAX_PENDING


def test_after_a_minute_a_locked_out_charger_may_try_again() -> None:
    doorman = Doorman({"CP1": "pw"})
    for _ in range(5):
        doorman.admit("CP1", None, "10.0.0.9", 0.0)
    right = "Basic Q1AxOnB3"
    assert doorman.admit("CP1", right, "10.0.0.9", 59.0) is HTTPStatus.TOO_MANY_REQUESTS
    assert doorman.admit("CP1", right, "10.0.0.8", 59.0) is HTTPStatus.OK
    assert doorman.admit("CP1", right, "10.0.0.9", 61.0) is HTTPStatus.OK


def test_a_wrong_password_is_told_of_once_however_slowly_it_is_repeated(
    caplog: pytest.LogCaptureFixture,
) -> None:
    doorman = Doorman({"CP1": "pw"})
    for minute in range(100):
        doorman.admit("CP1", None, "10.0.0.9", 120.0 * minute)
    assert len(caplog.messages) == 1
    doorman.admit("CP1", "Basic Q1AxOnB3", "10.0.0.9", 20_000.0)
    doorman.admit("CP1", None, "10.0.0.9", 20_100.0)
    assert len(caplog.messages) == 2  # it was right in between


@pytest.mark.parametrize("header", ["Basic", "Basic ???", "Bearer x", "Basic eA==", ""])
def test_a_malformed_password_is_a_wrong_one(header: str) -> None:
    assert Doorman({"CP1": "pw"}).admit("CP1", header, "a", 0.0) is HTTPStatus.UNAUTHORIZED


def test_a_password_in_hex_may_arrive_as_the_bytes_that_it_stands_for() -> None:
    shown = base64.b64encode(b"CP1:" + bytes.fromhex("00ff3a10")).decode()
    doorman = Doorman({"CP1": "00ff3a10"})
    assert doorman.admit("CP1", f"Basic {shown}", "a", 0.0) is HTTPStatus.OK


class Wire:
    """Collects frames; answers are given by the test."""

    def __init__(self) -> None:
        self.sent: list[list[Any]] = []
        self.dropped = 0

    async def write(self, frame: bytes) -> None:
        self.sent.append(json.loads(frame))

    def drop(self) -> None:
        self.dropped += 1

    def calls(self) -> Calls:
        return Calls("garage", self.write, self.drop, Pacing())

    def actions(self) -> list[str]:
        return [frame[2] for frame in self.sent]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_nothing_is_asked_before_the_charger_has_settled() -> None:
    async def main() -> None:
        wire = Wire()
        calls = wire.calls()
        asking = asyncio.ensure_future(calls.call("A", {}, priority=Priority.INFO))
        await asyncio.sleep(5)
        assert wire.sent == []
        calls.heard()
        await asyncio.sleep(0.9)
        assert wire.sent == []
        await asyncio.sleep(0.2)
        calls.answered(Result(id=wire.sent[0][1], payload={"x": 1}))
        assert await asking == {"x": 1}

    run_virtual(main())


def test_a_charger_that_says_nothing_is_asked_after_ten_seconds() -> None:
    async def main() -> None:
        wire = Wire()
        asking = asyncio.ensure_future(wire.calls().call("A", {}, priority=Priority.INFO))
        await asyncio.sleep(10.1)
        assert wire.actions() == ["A"]
        asking.cancel()

    run_virtual(main())


def test_one_request_at_a_time_and_the_urgent_ones_first() -> None:
    async def main() -> None:
        wire = Wire()
        calls = wire.calls()
        order = (Priority.INFO, Priority.CONFIG, Priority.START, Priority.STOP, Priority.SAFETY)
        asking = [
            asyncio.ensure_future(calls.call(p.name, {}, priority=p, patience=0.01)) for p in order
        ]
        await asyncio.sleep(10.05)
        assert wire.actions() == ["SAFETY"]
        for _ in order:
            calls.answered(Result(id=wire.sent[-1][1], payload={}))
            await settle()
        await asyncio.gather(*asking)
        assert wire.actions() == [p.name for p in reversed(order)]

    run_virtual(main())


def test_a_cancelled_request_does_not_block_the_next() -> None:
    async def main() -> None:
        wire = Wire()
        calls = wire.calls()
        first = asyncio.ensure_future(calls.call("A", {}, priority=Priority.STOP))
        second = asyncio.ensure_future(calls.call("B", {}, priority=Priority.INFO))
        await asyncio.sleep(10.05)
        first.cancel()
        await settle()
        assert wire.actions() == ["A", "B"]
        calls.answered(Result(id=wire.sent[0][1], payload={"late": True}))
        calls.answered(Result(id=wire.sent[1][1], payload={}))
        assert await second == {}

    run_virtual(main())


def test_three_requests_without_an_answer_close_the_connection() -> None:
    async def main() -> None:
        wire = Wire()
        calls = wire.calls()
        for number in range(3):
            assert wire.dropped == 0, number
            with pytest.raises(LinkDown, match="garage did not answer A"):
                await calls.call("A", {}, priority=Priority.INFO)
        assert wire.dropped == 1

    run_virtual(main())


@pytest.mark.parametrize(
    ("finish", "error"),
    [
        (lambda calls, _: calls.close("gone"), LinkDown),
        (
            lambda calls, number: calls.answered(Fault(id=number, code="X", description="")),
            Declined,
        ),
    ],
)
def test_a_waiting_request_learns_of_its_end_at_once(
    finish: Callable[[Calls, str], None], error: type[Exception]
) -> None:
    async def main() -> None:
        wire = Wire()
        calls = wire.calls()
        asking = asyncio.ensure_future(calls.call("A", {}, priority=Priority.INFO))
        await asyncio.sleep(10.05)
        finish(calls, wire.sent[0][1])
        with pytest.raises(error):
            async with asyncio.timeout(0.01):
                await asking

    run_virtual(main())


def test_a_request_whose_connection_breaks_while_it_is_sent_leaves_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        async def write(_: bytes) -> None:
            calls.close("gone")
            raise LinkDown("the connection is gone")

        calls = Calls("garage", write, lambda: None, Pacing())
        calls.heard()
        with pytest.raises(LinkDown):
            await calls.call("A", {}, priority=Priority.INFO)

    run_virtual(main())
    gc.collect()
    assert caplog.messages == []


def test_quirks_are_found_by_make_and_model() -> None:
    assert quirks_of("ABB", "Terra AC W22-T", "1.8.21").stack_max == 0
    assert quirks_of("HUAWEI", "x", "").unit == "W"
    assert quirks_of("", "", "") == BY_THE_BOOK
    assert quirks_of("Anything", "Else", "1") == BY_THE_BOOK


def test_what_a_pause_or_another_current_does_to_a_session_is_known_by_make() -> None:
    assert BY_THE_BOOK.steppable(6) is None
    assert BY_THE_BOOK.pausable is None
    assert quirks_of("NEcharge", "x", "").pausable is False  # ends the transaction at 0 A
    assert quirks_of("go-e", "x", "").pausable is False
    assert quirks_of("NEcharge", "x", "").steppable(6) is None
    assert quirks_of("NEcharge", "x", "").steppable(7) is False  # 6 A, 8 A, nothing between
    assert replace(BY_THE_BOOK, harmless_pause=True).pausable is True


def test_an_anomaly_is_logged_once_per_kind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    anomalies = Anomalies("garage")
    for _ in range(5):
        anomalies.count("odd frame")
    assert caplog.messages == ["garage deviates from OCPP: odd frame; Hearth copes with it"]
    assert anomalies.news() == (5, "odd frame")
    assert anomalies.news() is None


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ("min_current_a is 20", {"min_current_a": 20}),
        ("fallback_current_a is 20", {"fallback_current_a": 20}),
        ("fallback_current_a is 3; give 0", {"fallback_current_a": 3}),
        ("only the last part", {"identity": "ocpp/CP1"}),
        ("Extra inputs", {"currnet": 6}),
        ("at most 16 characters", {"id_tag": "x" * 17}),
    ],
)
def test_contradictions_in_the_settings_are_named(fault: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=fault):
        ChargerConfig(**({"identity": "CP1"} | settings))


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(ValidationError, match="belong together"):
        OcppConfig(tls_certificate="/c.pem")


def test_every_request_of_ours_keeps_the_schema() -> None:
    assert v16_requests.remote_start(1, "HEARTH").payload == {"idTag": "HEARTH", "connectorId": 1}
    assert v16_requests.remote_stop(5).payload == {"transactionId": 5}
    assert v16_requests.trigger("MeterValues", None).payload == {"requestedMessage": "MeterValues"}
    assert v16_requests.get_configuration(["A"]).payload == {"key": ["A"]}
    assert v16_requests.change_configuration("A", "").payload == {"key": "A", "value": ""}
    composite = v16_requests.get_composite_schedule(1, 60, "W").payload
    assert composite == {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"}
