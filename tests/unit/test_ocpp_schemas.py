"""Our own check of requests says what the `ocpp` package's own would say, and takes less memory."""

import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ocpp.messages import get_validator

from agent.model.driver import Refused
from drivers.ocpp import v16_requests, v201_requests
from drivers.ocpp.requests import Request
from drivers.ocpp.schemas import RULES, SHAPES, WITHOUT_EFFECT, faults, schema_of

PROFILE: dict[str, Any] = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "validFrom": "2026-06-01T00:00:00Z",
    "chargingSchedule": {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 15.9, "numberPhases": 3}],
    },
}
VARIABLE = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
SENT: list[tuple[str, Request]] = [
    *(
        ("1.6", request)
        for request in (
            v16_requests.set_charging_profile(1, PROFILE),
            v16_requests.get_composite_schedule(1, 60, "A"),
            v16_requests.remote_start(1, "HEARTH"),
            v16_requests.remote_stop(5),
            v16_requests.trigger("MeterValues", 1),
            v16_requests.get_configuration(["MeterValueSampleInterval"]),
            v16_requests.change_configuration("MeterValueSampleInterval", "10"),
        )
    ),
    *(
        ("2.0.1", request)
        for request in (
            v201_requests.set_charging_profile(1, PROFILE, None),
            v201_requests.get_composite_schedule(1, 60, "A"),
            v201_requests.start_transaction(1, "HEARTH", 5),
            v201_requests.stop_transaction("a-b"),
            v201_requests.get_transaction_status("a-b"),
            v201_requests.trigger("MeterValues", {"id": 1}),
            v201_requests.get_variables([VARIABLE]),
            v201_requests.set_variable(VARIABLE, "60"),
            v201_requests.get_base_report(1),
        )
    ),
]
NAMES = [f"{request.action} {version}" for version, request in SENT]
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 2000),
    st.floats(-100, 100).map(lambda value: round(value, 2)),
    st.text(max_size=60),
    st.sampled_from(["A", "W", "Central", "TxProfile", "Absolute"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["id", "name", "limit"]), st.integers(), max_size=2),
)


@pytest.mark.parametrize(("version", "request_"), SENT, ids=NAMES)
def test_every_keyword_of_the_schemas_in_use_is_known(version: str, request_: Request) -> None:
    known = RULES.keys() | SHAPES | WITHOUT_EFFECT
    assert set(_keywords(schema_of(request_.action, version))) - known == set()


@given(
    sent=st.sampled_from(SENT),
    pick=st.randoms(use_true_random=False),
    times=st.integers(0, 2),
    new=ANYTHING,
)
def test_both_checks_say_the_same_of_damaged_requests(
    sent: tuple[str, Request], pick: Any, times: int, new: Any
) -> None:
    version, request = sent
    payload = copy.deepcopy(request.payload)
    for _ in range(times):
        places = list(_places(payload))
        if places:
            pick.choice(places)(pick.choice(["drop", "put", "add"]), copy.deepcopy(new))
    ours = list(faults(payload, schema_of(request.action, version)))
    validator = get_validator(2, request.action, version, parse_float=Decimal)
    exact = json.loads(json.dumps(payload), parse_float=Decimal)
    assert (ours == []) == validator.is_valid(exact), (payload, ours)


def test_the_fault_is_named() -> None:
    with pytest.raises(Refused, match="invalid RemoteStartTransaction: idTag breaks maxLength 20"):
        v16_requests.remote_start(1, "x" * 21)
    with pytest.raises(Refused, match="requestedMessage breaks enum"):
        v16_requests.trigger("Everything", None)
    with pytest.raises(ValueError, match="has no request Nothing"):
        schema_of("Nothing", "2.0.1")


def test_no_number_is_infinite() -> None:
    period = {"startPeriod": 0, "limit": float("inf")}
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    with pytest.raises(Refused, match="limit breaks type number"):
        v16_requests.set_charging_profile(1, {**PROFILE, "chargingSchedule": schedule})


def test_requests_are_checked_without_the_library_for_it() -> None:
    code = (
        "import sys; from drivers.ocpp import v16_requests, v201_requests; "
        "v16_requests.remote_stop(1); v201_requests.stop_transaction('a'); "
        "print(sorted({'jsonschema', 'attr', 'ocpp'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _keywords(schema: Any) -> Iterator[str]:
    for keyword, value in schema.items():
        yield keyword
        if keyword in ("properties", "definitions"):
            for each in value.values():
                yield from _keywords(each)
        elif keyword == "items":
            yield from _keywords(value)


def _places(value: Any) -> Iterator[Callable[[str, Any], None]]:
    """A way to damage each member of each group, and each list."""
    if isinstance(value, dict):
        for key in list(value):
            yield partial(_damage, value, key)
            yield from _places(value[key])
    elif isinstance(value, list):
        yield partial(_append, value)
        for each in value:
            yield from _places(each)


def _damage(group: dict[str, Any], key: str, how: str, new: Any) -> None:
    if how == "drop":
        group.pop(key, None)
    else:
        group[key if how == "put" else "foreign"] = new


def _append(many: list[Any], _how: str, new: Any) -> None:
    many.append(new)
