"""What the grid operator says through the cloud: a limit, or a charging profile of OCPP."""

from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agent.bridges.documents import Unreadable, intent_of, read_command
from agent.model.intents import GridLimit, GridPlan
from agent.model.limits import GridPeriod, Scope
from tests.documents import AT, PICTURE, SENDER
from tests.unit.test_documents_commands import command, fault_of, wanted

DIM = {"scope": "DEVICES", "importLimitKw": 4.2}
PERIODS = [{"startPeriod": 0, "limit": 4200}, {"startPeriod": 900, "limit": 6, "numberPhases": 1}]
V16: dict[str, Any] = {
    "chargingProfileId": 7,
    "stackLevel": 3,
    "chargingProfilePurpose": "ChargePointMaxProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": {
        "startSchedule": "2026-06-01T13:00:00Z",
        "duration": 1800,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": PERIODS,
    },
}
V201: dict[str, Any] = {
    "id": 7,
    "stackLevel": 0,
    "chargingProfilePurpose": "ChargingStationExternalConstraints",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [V16["chargingSchedule"] | {"id": 1, "chargingRateUnit": "A"}],
}


def profile(made: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """With changes as path=value; None takes the key away."""
    made = deepcopy(made)
    for path, value in changes.items():
        *parts, last = path.split("__")
        node = made
        for part in parts:
            node = node[part]
        node.pop(last, None) if value is None else node.update({last: value})
    return {"chargingProfile": made}


def planned(body: dict[str, Any]) -> tuple[GridPeriod, ...]:
    plan = wanted("grid.profile", body)
    assert isinstance(plan, GridPlan)
    assert plan.source == "cloud profile 7"
    return plan.periods


def test_a_limit_is_an_order_of_the_cloud_in_watts() -> None:
    asked = wanted("grid.limit", DIM | {"endsAt": "2026-06-01T14:00:00Z", "exportLimitKw": 0})
    assert isinstance(asked, GridLimit)
    assert (asked.source, asked.scope) == ("cloud", Scope.DEVICES)
    assert (asked.import_w, asked.export_w) == (4200.0, 0.0)
    assert asked.ends_at == AT.replace(hour=14, minute=0, second=0, microsecond=0)
    assert asked.request_id == "r1"


@pytest.mark.parametrize("body", [{"importLimitKw": None}, {"exportLimitKw": None} | DIM])
def test_null_takes_the_limit_back(body: dict[str, Any]) -> None:
    asked = wanted("grid.limit", body | {"importLimitKw": None})
    assert isinstance(asked, GridLimit)
    assert (asked.import_w, asked.export_w) == (None, None)


def test_a_profile_of_1_6_becomes_periods_with_begin_and_end() -> None:
    at_one = AT.replace(hour=13, minute=0, second=0, microsecond=0)
    quarter = timedelta(minutes=15)
    assert planned(profile(V16)) == (
        GridPeriod(import_w=4200.0, begins_at=at_one, ends_at=at_one + quarter),
        GridPeriod(import_w=6.0, begins_at=at_one + quarter, ends_at=at_one + 2 * quarter),
    )


def test_amperes_are_per_phase_and_of_three_phases_if_nothing_is_said() -> None:
    first, second = planned(profile(V201))
    assert (first.import_w, second.import_w) == (4200 * 3 * 230.0, 6 * 230.0)


def test_without_start_and_duration_it_begins_now_and_stays() -> None:
    schedule = {"chargingRateUnit": "W", "chargingSchedulePeriod": PERIODS[:1]}
    (only,) = planned(profile(V16, chargingSchedule=schedule, chargingProfileKind="Relative"))
    assert (only.begins_at, only.ends_at) == (PICTURE.now.at, None)


def test_its_validity_cuts_the_periods() -> None:
    cut = planned(profile(V16, validFrom="2026-06-01T13:05:00Z", validTo="2026-06-01T13:10:00Z"))
    (only,) = cut
    assert only.ends_at is not None
    assert only.begins_at is not None
    assert (only.begins_at.minute, only.ends_at.minute) == (5, 10)


def test_a_profile_is_taken_back_by_its_number() -> None:
    assert planned({"chargingProfile": None, "chargingProfileId": 7}) == ()
    assert planned({"csChargingProfiles": profile(V16)["chargingProfile"], "connectorId": 0})


@pytest.mark.parametrize(
    ("name", "body", "pointer", "says"),
    [
        ("limit", {}, "importLimitKw", "null to take the limit back"),
        ("limit", {"importLimitKw": 4.2}, "scope", "give one of METER, DEVICES, EACH"),
        ("limit", DIM | {"scope": "devices"}, "scope", "none of the known words"),
        ("limit", DIM | {"importLimitKw": -1}, "importLimitKw", "from 0 to 1000"),
        ("limit", DIM | {"importLimitKw": 4200}, "importLimitKw", "from 0 to 1000"),
        ("limit", DIM | {"importLimit": 3}, "importLimit", "is not known here"),
        ("limit", DIM | {"endsAt": "soon"}, "endsAt", "is no instant"),
        ("profile", {}, "chargingProfile", "null with chargingProfileId"),
        ("profile", {"chargingProfile": None}, "chargingProfileId", "no whole number"),
        ("profile", profile(V16) | {"connectorId": 1}, "connectorId", "SET_MAX_CURRENT"),
        (
            "profile",
            profile(V16, chargingProfilePurpose="TxProfile"),
            "chargingProfile/chargingProfilePurpose",
            "a limit of the whole house",
        ),
        (
            "profile",
            profile(V16, chargingProfileKind="Recurring"),
            "chargingProfile/chargingProfileKind",
            "give Absolute or Relative",
        ),
        (
            "profile",
            profile(V16, chargingSchedule__chargingRateUnit="kW"),
            "chargingProfile/chargingSchedule/chargingRateUnit",
            "give W, or A per phase",
        ),
        (
            "profile",
            profile(V16, chargingSchedule__chargingSchedulePeriod=PERIODS[1:]),
            "chargingProfile/chargingSchedule/chargingSchedulePeriod",
            "first startPeriod be 0",
        ),
        (
            "profile",
            profile(V16, chargingSchedule__chargingSchedulePeriod=[PERIODS[0]] * 2),
            "chargingProfile/chargingSchedule/chargingSchedulePeriod",
            "ascending",
        ),
        (
            "profile",
            profile(V16, validTo="2026-06-01T12:30:00Z"),
            "chargingProfile/chargingSchedule",
            "is never in force",
        ),
        (
            "profile",
            profile(V201, chargingSchedule=[]),
            "chargingProfile/chargingSchedule",
            "give one schedule",
        ),
    ],
)
def test_a_fault_names_its_place_and_the_remedy(
    name: str, body: dict[str, Any], pointer: str, says: str
) -> None:
    fault = fault_of(f"grid.{name}", body)
    assert (fault.pointer, fault.status) == (f"/body/{pointer}", 400)
    assert says in str(fault)


def test_the_installer_may_keep_the_cloud_from_limiting() -> None:
    asked = read_command("r1", command("grid.limit", DIM))
    with pytest.raises(Unreadable, match="grant hem-system:control:grid_limit") as caught:
        intent_of(asked, replace(SENDER, scopes=frozenset()), PICTURE)
    assert caught.value.status == 403
