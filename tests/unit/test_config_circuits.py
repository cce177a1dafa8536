"""Fuses below the main one, as an installer writes them."""

from pathlib import Path

import pytest

from agent.config.household import circuits_of
from agent.model.limits import MAINS
from tests.unit.config_files import HOUSE, faults_of, settings_of

CHARGERS = "chargers: {garage: {identity: A}, yard: {identity: B}}\n"
METER = "devices: {sub: {driver: eastron_sdm630, host: 192.168.1.40}}\n"


def circuits(*entries: str) -> str:
    lines = [f"  c{i}: {{{entry}}}\n" for i, entry in enumerate(entries, start=1)]
    return HOUSE + CHARGERS + METER + "circuits:\n" + "".join(lines)


def test_what_feeds_what_and_who_hangs_where(tmp_path: Path) -> None:
    text = circuits("breaker_a: 32, chargers: [yard]", "breaker_a: 16, fed_by: c1, meter: sub")
    outer, inner = circuits_of(settings_of(tmp_path, text))
    assert (outer.parent, outer.chargers, outer.name) == (MAINS, ("yard",), "c1")
    assert (inner.parent, inner.meter, inner.fuse_a) == ("c1", "sub", 16.0)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            circuits("breaker_a: 20, chargers: [garag]"),
            "5: circuits.c1.chargers is garag: there is no such charger; did you mean garage?",
        ),
        (
            circuits("breaker_a: 20, chargers: [yard]", "breaker_a: 20, chargers: [yard]"),
            (
                "6: circuits.c2.chargers: yard hangs on c1 already; name it only at the circuit "
                "nearest to it; fed_by says the rest"
            ),
        ),
        (
            circuits("breaker_a: 20, fed_by: c3"),
            (
                "5: circuits.c1.fed_by is c3: there is no such circuit; leave the line out if the "
                "mains feed it"
            ),
        ),
        (
            circuits("breaker_a: 20, fed_by: c2", "breaker_a: 20"),
            None,
        ),
        (
            circuits("breaker_a: 20, meter: subb"),
            "5: circuits.c1.meter is subb: there is no such device; did you mean sub?",
        ),
        (
            circuits("breaker_a: 20, meter: sub, unmetered_a: 4"),
            (
                "5: circuits.c1.unmetered_a is 4: the meter sub sees those loads; delete the "
                "line, or leave the meter out"
            ),
        ),
        (
            circuits("breaker_a: 20, unmetered_a: 16, chargers: [yard]"),
            (
                "5: circuits.c1.unmetered_a is 16: it leaves 4 A of the breaker, and no car "
                "charges below 6 A; write less, or correct breaker_a"
            ),
        ),
        (
            HOUSE + "chargers: {garage: {identity: A, mains_phases: [L2, L2, L1]}}\n",
            "2: chargers.garage.mains_phases: a phase stands there twice; name each once",
        ),
        (
            HOUSE + "chargers: {garage: {identity: A, mains_phases: [L2]}}\n",
            (
                "2: chargers.garage.mains_phases: the charger has 3 phases, and 1 are named; "
                "name one of L1, L2, L3 for each"
            ),
        ),
    ],
)
def test_a_circuit_that_cannot_be(tmp_path: Path, text: str, fault: str | None) -> None:
    assert faults_of(tmp_path, text) == ([] if fault is None else [fault])


def test_circuits_in_a_ring_are_named_each(tmp_path: Path) -> None:
    text = circuits("breaker_a: 20, fed_by: c2", "breaker_a: 20, fed_by: c1")
    found = faults_of(tmp_path, text)
    assert len(found) == 2
    assert all("feed each other in a ring; leave fed_by out of the first" in f for f in found)
