"""From the installer's file to the jobs that know prices; only what is in use is imported."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from agent.assembly.brokers import broker_of
from agent.config import Settings
from agent.config.house_tariff import import_sources
from agent.config.price_source import SourceConfig
from agent.control import Control
from agent.model.clock import Clock
from agent.services.fetching import Web
from agent.services.prices import Keeper, PriceJob, build
from agent.services.prices.board import Home, Markets, PriceBoard
from agent.services.prices.keeper import Kept, notes_key
from agent.store import Store
from agent.tariffs import MarketPrices
from agent.watched import Watched

Job = Callable[[], Awaitable[None]]

SPARE_LATER: Final = timedelta(minutes=30)
"""So much later each further source is asked: a good day leaves them alone."""


def build_prices(
    settings: Settings, control: Control, store: Store, clock: Clock, told: Callable[[], None]
) -> dict[str, Job]:
    """The board that makes prices, and one job per source, by name.

    Args:
        told: asks for the next Picture soon.
    """
    tariff = control.state.routine.papers.rules.tariff
    jobs, markets = _sources(settings, store, clock, told)
    home = Home(
        location=settings.house.id,
        timezone=settings.house.timezone,
        tariff=tariff,
        meter=control.state.settings.grid_meter,
    )
    board = PriceBoard(home, markets, store, control.pictures, control.prices, told)
    return {board.name: board.run, **jobs}


def _sources(
    settings: Settings, store: Store, clock: Clock, told: Callable[[], None]
) -> tuple[dict[str, Job], Markets]:
    config = settings.tariff
    bought: dict[str, Watched[MarketPrices]] = {}
    sold: dict[str, Watched[MarketPrices]] = {}
    jobs: dict[str, Job] = {}
    if config is not None:
        ours = import_sources(config)
        for name, source in config.sources.items():
            group = bought if name in ours else sold
            preferred = tuple(group.values())
            group[name] = Watched(MarketPrices(source=name))
            jobs[f"prices_{name}"] = _job(
                settings, name, source, store, clock, group[name], preferred, told
            )
    return jobs, Markets(bought=bought, sold=sold)


def _job(
    settings: Settings,
    name: str,
    source: SourceConfig,
    store: Store,
    clock: Clock,
    market: Watched[MarketPrices],
    preferred: Sequence[Watched[MarketPrices]],
    told: Callable[[], None],
) -> Job:
    currency = settings.tariff.currency if settings.tariff is not None else ""
    if source.kind == "mqtt":
        from agent.services.prices.mqtt import Heard, PriceListener

        heard = Heard(topics=source.topics or (), currency=currency, unit=source.unit)
        kept = Kept(
            name=f"prices of {name}",
            key=notes_key(heard.key, currency, source.unit),
            currency=currency,
        )
        keeper = Keeper(kept, store.notebook, clock, market, (), told)
        client = f"{settings.mqtt_client_id}-prices-{name}"
        return PriceListener(broker_of(settings), client, heard, keeper).run
    asked = build(source.kind, currency, settings.house.timezone, source.options)
    market.set(MarketPrices(source=asked.name))
    kept = Kept(name=asked.name, key=notes_key(asked.key, currency, source.unit), currency=currency)
    keeper = Keeper(kept, store.notebook, clock, market, preferred, told)
    later = SPARE_LATER * len(preferred)
    return PriceJob(asked, keeper, Web(clock), clock, later=later).run
