"""A tariff as the installer writes it, over the days of which the house kept market prices."""

from datetime import datetime, timedelta
from pathlib import Path

from agent.backtest.faults import BadScenario
from agent.backtest.reading import USUAL_KNOWN, Tariff, TariffFile, read_tariff_file, read_tree
from agent.backtest.recorded import Records, opened
from agent.backtest.scenario import Series
from agent.backtest.world import AHEAD_DAYS
from agent.config import ConfigError, Settings
from agent.config.house_tariff import import_sources, tariff_of
from agent.config.price_source import SourceConfig
from agent.config.reading import settings_of
from agent.config.tariff import TariffConfig
from agent.config.tree import Tree
from agent.model.prices import Slot
from agent.model.tariffs import PricePoint
from agent.services.prices import build
from agent.services.prices.keeper import KEPT, TOPIC, notes_key, recorded
from agent.tariffs import HouseTariff, Market, merged, prices_between


def read_any_tariff(path: Path, settings: Settings) -> TariffFile:
    """A tariff from a CSV, from the `prices` of a scenario, or from the section `tariff` of a
    file like the installer's; the market prices of that one are those that this house kept.

    Raises:
        BadScenario: with every fault that could be found.
    """
    tree = None if path.suffix.lower() == ".csv" else read_tree(path)
    if tree is None or "tariff" not in tree.values:
        return read_tariff_file(path)
    config, tariff = _written(tree, path, settings)
    with opened(settings.store.path) as records:
        newest = records.newest()
        market, remarks = _market(config, settings, records)
    slots: tuple[Slot, ...] = ()
    if newest is not None:
        behind, ahead = newest - KEPT, newest + timedelta(days=AHEAD_DAYS)
        slots = prices_between(tariff, market, start=behind, end=ahead).slots
    if config.peak is not None:
        remarks.append("What the highest power of a month costs is not in these figures.")
    bought = _series([(slot, slot.import_per_kwh) for slot in slots])
    sold = _series([(slot, slot.export_per_kwh) for slot in slots])
    return TariffFile(
        tariff=Tariff(import_prices=bought, export_prices=sold),
        currency=config.currency,
        known_minute=USUAL_KNOWN,
        remarks=tuple(remarks),
    )


def _written(tree: Tree, path: Path, settings: Settings) -> tuple[TariffConfig, HouseTariff]:
    """What the section says, by the rules of the installer's file."""
    around = {"house": {"timezone": settings.house.timezone, "fuse_a": "25"}}
    part = Tree(
        values={**around, "mqtt": {"host": "localhost"}, "tariff": tree.values["tariff"]},
        marks={at: mark for at, mark in tree.marks.items() if at[:1] in ((), ("tariff",))},
        faults=tree.faults,
    )
    try:
        read = settings_of(part, {}, path.absolute().parent)
    except ConfigError as error:
        raise BadScenario(error.faults) from None
    tariff = tariff_of(read)
    assert read.tariff is not None  # noqa: S101 -- the section is there, and is right
    assert tariff is not None  # noqa: S101
    return read.tariff, tariff


def _market(config: TariffConfig, settings: Settings, records: Records) -> tuple[Market, list[str]]:
    notes = records.notes(TOPIC)
    bought, sold, remarks = tuple[PricePoint, ...](), tuple[PricePoint, ...](), list[str]()
    ours = import_sources(config)
    for name, source in reversed(config.sources.items()):
        points = recorded(notes, _key(config.currency, source, settings.house.timezone))
        if not points:
            remarks.append(
                f"Hearth kept no prices of {name} ({source.kind}): their hours are not known. It "
                f"keeps {KEPT.days} days of each source of its own tariff; a CSV does without."
            )
        if name in ours:
            bought = merged(bought, points)
        else:
            sold = merged(sold, points)
    return Market(spot=bought, feed_in=sold), remarks


def _key(currency: str, source: SourceConfig, timezone: str) -> str:
    """Under which a source's prices are kept."""
    if source.kind == "mqtt":
        from agent.services.prices.mqtt import Heard

        heard = Heard(topics=source.topics or (), currency=currency, unit=source.unit)
        return notes_key(heard.key, currency, source.unit)
    asked = build(source.kind, currency, timezone, source.options)
    return notes_key(asked.key, currency, source.unit)


def _series(slots: list[tuple[Slot, float | None]]) -> Series:
    """Each value from its instant to the next one; what is not known stands as such."""
    starts, values, until = [0], list[float | None]([None]), None
    for slot, value in slots:
        if until is not None and until < slot.start:
            starts.append(_seconds(until))
            values.append(None)
        starts.append(_seconds(slot.start))
        values.append(value)
        until = slot.end
    if until is not None:
        starts.append(_seconds(until))
        values.append(None)
    longest = max((_seconds(slot.end) - _seconds(slot.start) for slot, _ in slots), default=1)
    return Series(step_s=longest, starts_s=tuple(starts), values=tuple(values))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
