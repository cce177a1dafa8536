"""From the words of the installer's file to a source; only the one in use is imported."""

from datetime import time
from typing import Any, Final

from agent.services.prices.source import PriceSource

_DELIMITERS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}


def build(kind: str, currency: str, timezone: str, options: dict[str, Any]) -> PriceSource:
    """The source that the installer named.

    Args:
        kind: as in tariff.source.kind, other than mqtt.
        timezone: of the house, where the source has none of its own.
        options: the further settings that were given, secrets as plain text.
    """
    made = dict(options)
    match kind:
        case "entsoe":
            from agent.services.prices.entsoe import Entsoe

            return Entsoe(**made)
        case "energy-charts":
            from agent.services.prices.energy_charts import EnergyCharts

            return EnergyCharts(**made)
        case "awattar":
            from agent.services.prices.awattar import Awattar

            return Awattar(country=made.pop("zone").lower(), **made)
        case "tibber":
            from agent.services.prices.tibber import Tibber

            return Tibber(home=made.pop("contract", None), **made)
        case "octopus":
            from agent.services.prices.octopus import Octopus

            return Octopus(product=made.pop("contract"), region=made.pop("zone"), **made)
        case "energinet":
            from agent.services.prices.energinet import Energinet

            return Energinet(area=made.pop("zone"), currency=currency, **made)
        case "hvakosterstrommen" | "elprisetjustnu":
            from agent.services.prices.day_files import SITES, DayFiles

            return DayFiles(SITES[kind], **made)
        case _:
            return _local(kind, currency, timezone, made)


def _local(kind: str, currency: str, timezone: str, made: dict[str, Any]) -> PriceSource:
    match kind:
        case "home-assistant":
            from agent.services.prices.home_assistant import HomeAssistantSensor

            return HomeAssistantSensor(currency=currency, **made)
        case "nordpool":
            from agent.services.prices.home_assistant import NordpoolAction

            area, entry = made.pop("zone"), made.pop("contract")
            return NordpoolAction(area=area, config_entry=entry, currency=currency, **made)
        case "table":
            return _table(currency, timezone, made)
    raise ValueError(f"there is no source of prices called {kind}")


def _table(currency: str, timezone: str, made: dict[str, Any]) -> PriceSource:
    from agent.services.prices.mapped import Layout, Mapped

    token = made.pop("token", None)
    layout = Layout(
        currency=currency,
        unit=made["unit"],
        start=made.get("start_field", "start"),
        end=made.get("end_field"),
        cost=made.get("cost_field", "price"),
        path=made.get("path", ""),
        time_format=made.get("time_format", "iso"),
        timezone=made.get("timezone", timezone),
        delimiter=_DELIMITERS[made.get("delimiter", "comma")],
    )
    return Mapped(
        made["address"],
        layout,
        published=time.fromisoformat(made.get("published_at", "13:00")),
        headers=None if token is None else {"Authorization": f"Bearer {token}"},
    )
