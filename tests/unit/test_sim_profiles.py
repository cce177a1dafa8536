"""The simulated charge point computes limits as OCPP 1.6 §3.13 says."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.charger.keys import Keys
from simulators.charger.profiles import Limit, Profile, Profiles
from simulators.clock import iso

NOW_S = 1717243200.0


def wire(
    number: int,
    stack: int,
    *limits: tuple[float, float],
    purpose: str = "TxDefaultProfile",
    kind: str = "Absolute",
    unit: str = "A",
    schedule: Mapping[str, object] | None = None,
    **more: object,
) -> dict[str, object]:
    """A profile as it goes on the wire; `limits` are (startPeriod, limit)."""
    periods = [{"startPeriod": start, "limit": limit} for start, limit in limits]
    return {
        "chargingProfileId": number,
        "stackLevel": stack,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": kind,
        "chargingSchedule": {
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": periods,
            **(schedule or {}),
        },
        **more,
    }


def store(*installed: tuple[int, dict[str, object]], open_tx: int | None = 1) -> Profiles:
    profiles = Profiles()
    for connector, profile in installed:
        assert profiles.install(Profile.parse(connector, profile), open_tx)
    return profiles


def current_a(profiles: Profiles, after_s: float = 0.0, tx_age_s: float | None = 0.0) -> float:
    started_s = None if tx_age_s is None else NOW_S - tx_age_s
    return profiles.limit(NOW_S + after_s, started_s).current_a


def test_without_a_profile_nothing_limits() -> None:
    assert Profiles().limit(NOW_S, None) == Limit()


def test_the_highest_stack_level_wins_and_the_lower_one_takes_over_when_it_ends() -> None:
    fallback = wire(2000, 0, (0, 6.0))
    working = wire(
        2001,
        1,
        (0, 13.0),
        (660, 6.0),
        schedule={"startSchedule": iso(NOW_S - 60), "duration": 780},
        validFrom=iso(NOW_S - 60),
        validTo=iso(NOW_S + 600),
    )
    profiles = store((1, fallback), (1, working))
    assert [current_a(profiles, after_s) for after_s in (0, 599, 600, 10_000)] == [13, 13, 6, 6]


def test_a_profile_of_the_transaction_replaces_the_default_and_is_not_compared() -> None:
    profiles = store(
        (1, wire(1, 5, (0, 6.0))), (1, wire(2, 0, (0, 16.0), purpose="TxProfile", transactionId=1))
    )
    assert current_a(profiles) == 16
    assert current_a(profiles, tx_age_s=None) == 6


def test_the_maximum_of_the_box_caps_both() -> None:
    profiles = store(
        (1, wire(1, 0, (0, 16.0))), (0, wire(2, 0, (0, 10.0), purpose="ChargePointMaxProfile"))
    )
    assert current_a(profiles) == 10


def test_a_default_for_the_connector_replaces_the_general_one() -> None:
    profiles = store((0, wire(1, 3, (0, 6.0))), (1, wire(2, 0, (0, 12.0))))
    assert current_a(profiles) == 12


def test_the_same_purpose_and_stack_level_replaces() -> None:
    profiles = store((1, wire(1, 1, (0, 8.0))), (1, wire(9, 1, (0, 11.0))))
    assert len(profiles.installed) == 1
    assert current_a(profiles) == 11


def test_a_relative_schedule_counts_from_the_start_of_the_transaction() -> None:
    profiles = store((1, wire(1, 0, (0, 16.0), (600, 8.0), kind="Relative")))
    assert current_a(profiles, tx_age_s=599) == 16
    assert current_a(profiles, tx_age_s=600) == 8


def test_a_recurring_schedule_comes_again_each_day() -> None:
    daily = wire(
        1,
        0,
        (0, 16.0),
        (3600, 6.0),
        kind="Recurring",
        recurrencyKind="Daily",
        schedule={"startSchedule": iso(NOW_S - 5 * 86_400)},
    )
    profiles = store((1, daily))
    assert current_a(profiles, 1800) == 16
    assert current_a(profiles, 7200) == 6
    assert current_a(profiles, 86_400 + 1800) == 16


def test_a_schedule_of_the_future_says_nothing_yet() -> None:
    profiles = store((1, wire(1, 0, (0, 8.0), schedule={"startSchedule": iso(NOW_S + 60)})))
    assert current_a(profiles, 59) == math.inf
    assert current_a(profiles, 60) == 8


def test_watts_are_shared_by_the_phases() -> None:
    profiles = store((1, wire(1, 0, (0, 6900.0), unit="W")))
    assert current_a(profiles) == pytest.approx(10)


@pytest.mark.parametrize(
    ("connector", "profile", "open_tx"),
    [
        (1, wire(1, 0, (0, 8.0), purpose="TxProfile"), None),
        (1, wire(1, 0, (0, 8.0), purpose="TxProfile", transactionId=7), 1),
        (0, wire(1, 0, (0, 8.0), purpose="TxProfile"), 1),
        (1, wire(1, 0, (0, 8.0), purpose="ChargePointMaxProfile"), 1),
        (1, wire(1, 9, (0, 8.0)), 1),
        (2, wire(1, 0, (0, 8.0)), 1),
    ],
)
def test_profiles_in_the_wrong_place_are_refused(
    connector: int, profile: dict[str, object], open_tx: int | None
) -> None:
    assert not Profiles().install(Profile.parse(connector, profile), open_tx)


@pytest.mark.parametrize(
    "broken",
    [
        wire(1, 0),
        wire(1, 0, (5, 8.0)),
        wire(1, 0, (0, 8.0), kind="Sometimes"),
        wire(1, 0, (0, 8.0), unit="kW"),
        {"chargingProfileId": 1},
    ],
)
def test_what_is_no_profile_is_an_error(broken: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Profile.parse(1, broken)


def test_clearing_takes_what_matches_everything_given() -> None:
    profiles = store((1, wire(1, 0, (0, 6.0))), (1, wire(2, 1, (0, 8.0))))
    assert not profiles.clear(purpose="TxProfile")
    assert profiles.clear(purpose="TxDefaultProfile", stack=1)
    assert [profile.id for profile in profiles.installed] == [1]
    assert profiles.clear()
    assert not profiles.clear()


some_profiles = st.lists(
    st.tuples(
        st.sampled_from([(0, "ChargePointMaxProfile"), (1, "TxDefaultProfile"), (1, "TxProfile")]),
        st.integers(0, 3),
        st.lists(
            st.tuples(st.integers(1, 900), st.sampled_from([0.0, 6.0, 9.5, 16.0])), max_size=3
        ),
        st.none() | st.integers(-600, 600),
        st.none() | st.integers(1, 1200),
        st.none() | st.integers(-300, 900),
    ),
    max_size=5,
)


@given(some_profiles, st.integers(0, 1799))
def test_the_composite_schedule_says_what_the_limit_will_be(
    specs: list[
        tuple[tuple[int, str], int, list[tuple[int, float]], int | None, int | None, int | None]
    ],
    after_s: int,
) -> None:
    profiles = Profiles()
    for number, ((connector, purpose), stack, steps, start, length, ends) in enumerate(specs):
        schedule: dict[str, object] = {}
        if start is not None:
            schedule["startSchedule"] = iso(NOW_S + start)
        if length is not None:
            schedule["duration"] = length
        limits = [(0.0, 10.0), *sorted(dict(steps).items())]
        until = {} if ends is None else {"validTo": iso(NOW_S + ends)}
        one = wire(number, stack, *limits, purpose=purpose, schedule=schedule, **until)
        profiles.install(Profile.parse(connector, one), 1)
    steps_ahead = profiles.composite(NOW_S, 1800, NOW_S - 50)
    promised = [limit for start_s, limit in steps_ahead if start_s <= after_s][-1]
    assert promised == profiles.limit(NOW_S + after_s, NOW_S - 50)


def test_keys_are_found_whatever_their_case_and_guard_their_values() -> None:
    keys = Keys()
    assert keys.change("metervaluesampleinterval", "30") == "Accepted"
    assert keys.number("MeterValueSampleInterval") == 30
    assert keys.change("MeterValueSampleInterval", "-1") == "Rejected"
    assert keys.change("MeterValuesSampledData", "Voltage,Smell") == "Rejected"
    assert keys.change("NumberOfConnectors", "2") == "Rejected"
    assert keys.change("LightIntensity", "20") == "RebootRequired"
    assert keys.change("Nonsense", "1") == "NotSupported"
    assert keys.listed(["Nonsense"])["unknownKey"] == ["Nonsense"]
    assert len(keys.listed(None)["configurationKey"]) > 25  # type: ignore[arg-type]
