"""Every row of the table from OCPP status to power-delivery state."""

from dataclasses import replace

import pytest

from agent.model.readings import PowerDelivery as State
from drivers.ocpp.states import Facts, Status, power_delivery

NOW_S = 10_000.0


def at(seconds_ago: float) -> float:
    return NOW_S - seconds_ago


def facts(status: Status | None, **known: object) -> Facts:
    return replace(Facts(status=status), **known)  # type: ignore[arg-type]


ROWS = [
    ("Available", {}, State.UNPLUGGED),
    ("Available", {"transaction_open": True}, State.UNPLUGGED),
    ("Available", {"transaction_open": True, "available_is_unreliable": True}, State.STOPPED),
    ("Available", {"ended_s": at(59), "available_is_unreliable": True}, State.STOPPED),
    ("Available", {"ended_s": at(60), "available_is_unreliable": True}, State.UNPLUGGED),
    ("Preparing", {}, State.STOPPED),
    ("Preparing", {"start_asked_s": at(119)}, State.INITIALIZING),
    ("Preparing", {"start_asked_s": at(120)}, State.STOPPED),
    ("Preparing", {"started_s": at(5), "transaction_open": True}, State.INITIALIZING),
    ("Preparing", {"started_s": at(130), "transaction_open": True}, State.STOPPED),
    ("Charging", {"power_w": -101.0}, State.DISCHARGING),
    ("Charging", {"power_w": 7000.0}, State.CHARGING),
    ("Charging", {}, State.CHARGING),
    ("Charging", {"power_w": 0.0, "no_flow_since_s": at(59)}, State.CHARGING),
    ("Charging", {"power_w": 0.0, "no_flow_since_s": at(61)}, State.INITIALIZING),
    ("Charging", {"power_w": 0.0, "no_flow_since_s": at(121)}, State.NO_POWER),
    ("Charging", {"no_flow_since_s": at(500), "raised_s": at(10)}, State.INITIALIZING),
    ("Charging", {"no_flow_since_s": at(500), "raised_s": at(130)}, State.NO_POWER),
    ("Charging", {"no_flow_since_s": at(10), "limit_a": 0.0}, State.STOPPED),
    ("Charging", {"power_w": 7000.0, "limit_a": 0.0}, State.CHARGING),
    ("SuspendedEVSE", {"limit_a": 0.0}, State.STOPPED),
    ("SuspendedEVSE", {"limit_a": 16.0}, State.STOPPED),
    ("SuspendedEV", {"limit_a": 0.0, "started_s": at(1)}, State.STOPPED),
    ("SuspendedEV", {"limit_a": 16.0, "started_s": at(119)}, State.INITIALIZING),
    ("SuspendedEV", {"limit_a": 16.0, "started_s": at(120)}, State.NO_POWER),
    ("SuspendedEV", {"started_s": at(900), "raised_s": at(119)}, State.INITIALIZING),
    ("SuspendedEV", {}, State.NO_POWER),
    ("Finishing", {}, State.STOPPED),
    ("Reserved", {}, State.UNPLUGGED),
    ("Unavailable", {}, State.UNKNOWN),
    ("Unavailable", {"last": State.STOPPED}, State.STOPPED),
    ("Faulted", {}, State.FAULT),
    (None, {}, State.UNKNOWN),
    (None, {"power_w": 3000.0}, State.CHARGING),
    (None, {"power_w": -3000.0}, State.DISCHARGING),
]


@pytest.mark.parametrize(("word", "known", "state"), ROWS)
def test_status_and_circumstances_give_the_state(
    word: str | None, known: dict[str, object], state: State
) -> None:
    status = None if word is None else Status(word)
    assert power_delivery(facts(status, **known), NOW_S) is state


def test_every_status_has_a_row() -> None:
    assert {row[0] for row in ROWS} == {str(status) for status in Status} | {None}
