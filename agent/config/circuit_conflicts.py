"""Contradictions of circuits: what hangs where, and what is left for a car."""

import difflib
from collections.abc import Collection, Iterator

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.survey import House
from agent.model.readings import DeviceKind
from agent.model.units import MIN_CHARGE_CURRENT_A


def feeding(house: House) -> Iterator[Fault]:
    """Every circuit is fed by the mains in the end."""
    circuits = house.settings.circuits
    for name, circuit in circuits.items():
        where = ("circuits", name, "fed_by")
        if circuit.fed_by is None:
            continue
        if circuit.fed_by not in circuits:
            remedy = _one_of(circuit.fed_by, circuits, "leave the line out if the mains feed it")
            yield fault(house.tree, where, circuit.fed_by, "there is no such circuit", remedy)
            continue
        seen, above = {name}, circuit.fed_by
        while above in circuits and above not in seen:
            seen.add(above)
            above = circuits[above].fed_by or ""
        if above == name:
            wrong = "the circuits feed each other in a ring"
            yield fault(house.tree, where, circuit.fed_by, wrong, "leave fed_by out of the first")


def circuit_chargers(house: House) -> Iterator[Fault]:
    """A charger hangs on one circuit directly."""
    written = house.tree.get(("chargers",))
    chargers = list(written) if isinstance(written, dict) else []
    owners: dict[str, str] = {}
    for name, circuit in house.settings.circuits.items():
        where = ("circuits", name, "chargers")
        for charger in circuit.chargers:
            if charger not in chargers:
                remedy = _one_of(charger, chargers, "add it under chargers, or correct the name")
                yield fault(house.tree, where, charger, "there is no such charger", remedy)
            elif owners.setdefault(charger, name) != name:
                wrong = f"{charger} hangs on {owners[charger]} already"
                remedy = "name it only at the circuit nearest to it; fed_by says the rest"
                yield fault(house.tree, where, None, wrong, remedy)


def circuit_meters(house: House) -> Iterator[Fault]:
    for name, circuit in house.settings.circuits.items():
        meter, where = circuit.meter, ("circuits", name, "meter")
        if meter is None or meter in house.uncertain:
            continue
        kind = house.devices.get(meter)
        if kind is None:
            remedy = _one_of(meter, house.meters, "add it under devices, or leave the line out")
            yield fault(house.tree, where, meter, "there is no such device", remedy)
        elif kind is not DeviceKind.METER:
            remedy = _one_of(meter, house.meters, "name a meter, or leave the line out")
            yield fault(house.tree, where, meter, f"that is no meter but a(n) {kind}", remedy)


def circuit_fuses(house: House) -> Iterator[Fault]:
    """A fuse that leaves no car its 6 A, and rest that only counts without a meter."""
    for name, circuit in house.settings.circuits.items():
        where = ("circuits", name)
        if not house.sure(where, "breaker_a", "margin_a", "unmetered_a", "meter"):
            continue
        if circuit.meter is not None and circuit.unmetered_a:
            wrong = f"the meter {circuit.meter} sees those loads"
            remedy = "delete the line, or leave the meter out"
            yield fault(house.tree, (*where, "unmetered_a"), circuit.unmetered_a, wrong, remedy)
            continue
        left_a = circuit.breaker_a - circuit.margin_a - circuit.unmetered_a
        if circuit.chargers and left_a < MIN_CHARGE_CURRENT_A:
            wrong = f"it leaves {left_a:g} A of the breaker, and no car charges below 6 A"
            key = "unmetered_a" if circuit.unmetered_a else "margin_a"
            remedy = "write less, or correct breaker_a"
            yield fault(house.tree, (*where, key), f"{getattr(circuit, key):g}", wrong, remedy)


def phase_orders(house: House) -> Iterator[Fault]:
    """A charger of several phases names as many, each once."""
    for name, charger in house.settings.chargers.items():
        order, where = charger.mains_phases, ("chargers", name, "mains_phases")
        if not house.sure(("chargers", name), "mains_phases", "phases"):
            continue
        if len(set(order)) < len(order):
            yield fault(house.tree, where, None, "a phase stands there twice", "name each once")
        elif len(order) < charger.phases:
            wrong = f"the charger has {charger.phases} phases, and {len(order)} are named"
            yield fault(house.tree, where, None, wrong, "name one of L1, L2, L3 for each")
        elif house.settings.house.phases == 1 and order[0] != "L1":
            wrong = "the house has 1 phase (house.phases)"
            yield fault(house.tree, where, None, wrong, "delete the line")


def _one_of(chosen: str, known: Collection[str], otherwise: str) -> str:
    near = difflib.get_close_matches(chosen, list(known), n=1)
    return f"did you mean {near[0]}?" if near else otherwise
