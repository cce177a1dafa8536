"""Contradictions of tariffs."""

from collections.abc import Iterator

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.survey import House
from agent.config.tree import Where
from agent.tariffs import overlaps
from agent.tariffs.plausible import cents, doubtful


def tariff_hours(house: House) -> Iterator[Fault]:
    """Of two prices, or two fees, of one hour nobody knows which counts."""
    tariff = house.settings.tariff
    if tariff is None:
        return
    for key in ("prices", "grid_fees"):
        group = getattr(tariff, key)
        windows = [
            (name, each.hours)
            for name, each in group.items()
            if house.sure(("tariff", key, name), "from", "to", "weekdays", "months")
        ]
        for _, name, text in overlaps(windows):
            wrong, _, remedy = text.partition("; ")
            yield fault(house.tree, ("tariff", key, name), None, wrong, remedy)


def tariff_amounts(house: House) -> Iterator[Fault]:
    """Cents for euros are off by a hundred, which no price is."""
    tariff = house.settings.tariff
    if tariff is None:
        return
    for where in house.tree.marks:
        text = house.tree.get(where)
        if where[:1] != ("tariff",) or not str(where[-1]).endswith("per_kwh"):
            continue
        try:
            value = float(str(text))
        except ValueError:
            continue
        if doubtful(value, tariff.currency):
            small = cents(tariff.currency)
            wrong = f"no kWh costs that many {tariff.currency}"
            remedy = f"was it {small}? write {value / 100:.6g}"
            yield fault(house.tree, where, str(text), wrong, remedy)


def tariff_broker(house: House) -> Iterator[Fault]:
    tariff = house.settings.tariff
    if tariff is None or house.tree.get(("mqtt",)) is not None:
        return
    for name, source in tariff.sources.items():
        where: Where = ("tariff", "sources", name, "kind")
        if source.kind == "mqtt":
            wrong = "there is no broker to listen at"
            yield fault(house.tree, where, source.kind, wrong, "add the section mqtt")
