"""The tariff of the installer's file as the house reckons with it."""

from math import inf

from agent.config.models import Settings
from agent.config.tariff import ExportConfig, PeakConfig, TariffConfig
from agent.tariffs import (
    Dated,
    Export,
    ExportKind,
    Fee,
    Formula,
    HouseTariff,
    Interval,
    PeakRule,
    Step,
    Terms,
    Tier,
)


def tariff_of(settings: Settings) -> HouseTariff | None:
    """None where the file says nothing of prices."""
    config = settings.tariff
    if config is None:
        return None
    intervals = tuple(
        Interval(name=name, hours=each.hours, per_kwh=each.per_kwh)
        for name, each in config.prices.items()
    )
    priced = import_sources(config) or config.supply_per_kwh is not None
    return HouseTariff(
        currency=config.currency,
        timezone=settings.house.timezone,
        terms=(Terms(intervals=intervals),) if intervals else (),
        formula=_formula(config) if priced else None,
        export=Export() if config.export is None else _export(config.export),
        peak=None if config.peak is None else _peak(config.peak),
    )


def import_sources(config: TariffConfig) -> tuple[str, ...]:
    """Names of the sources that tell what is paid, in their order."""
    export = config.export.source if config.export else None
    return tuple(name for name in config.sources if name != export)


def _formula(config: TariffConfig) -> Formula:
    return Formula(
        supply=_dated(config, "supply_per_kwh"),
        margin_percent=_dated(config, "margin_percent"),
        markup=_dated(config, "markup_per_kwh"),
        grid_fee=_dated(config, "grid_fee_per_kwh"),
        fees=tuple(
            Fee(name=name, hours=each.hours, per_kwh=each.per_kwh)
            for name, each in config.grid_fees.items()
        ),
        levies=_dated(config, "levies_per_kwh"),
        vat_percent=_dated(config, "vat_percent"),
        relief_above=_dated(config, "relief_above_per_kwh"),
        relief_percent=_dated(config, "relief_percent"),
    )


def _dated(config: TariffConfig, name: str) -> tuple[Dated, ...]:
    """A figure and its changes, ascending."""
    first = getattr(config, name)
    found = [] if first is None else [Dated(value=first)]
    for change in sorted(config.changes.values(), key=lambda each: each.since):
        value = getattr(change, name)
        if value is not None:
            found.append(Dated(value=value, since=change.since))
    return tuple(found)


def _export(config: ExportConfig) -> Export:
    paid = () if config.per_kwh is None else (Dated(value=config.per_kwh),)
    formula = Formula(
        margin_percent=(Dated(value=config.margin_percent),),
        markup=(Dated(value=config.markup_per_kwh),),
        vat_percent=(Dated(value=config.vat_percent),),
    )
    own = config.source is not None
    kind = ExportKind(config.kind)
    return Export(kind=kind, per_kwh=paid, formula=formula, own_market=own)


def _peak(config: PeakConfig) -> PeakRule:
    first = config.per_kw_month
    tiers = [] if first is None else [Tier(from_w=0.0, per_kw=first)]
    if config.above_w is not None and config.above_per_kw_month is not None:
        tiers.append(Tier(from_w=config.above_w, per_kw=config.above_per_kw_month))
    steps = (
        Step(up_to_w=inf if each.up_to_w is None else each.up_to_w, per_month=each.per_month)
        for each in config.steps.values()
    )
    whole = config.to is None and config.weekdays is None
    return PeakRule(
        window_s=config.window_s,
        highest=config.highest_of,
        floor_w=config.floor_w,
        tiers=tuple(tiers),
        steps=tuple(steps),
        hours=() if whole else (config.hours,),
    )
