"""What works but should not stay so."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from agent.config.models import Settings
from agent.config.shape import is_secret
from agent.config.skipped import skipped_deadlines
from agent.config.tree import Tree, Where, dotted
from agent.tariffs import unnamed


def warnings_about(settings: Settings, tree: Tree, path: Path) -> tuple[str, ...]:
    """One sentence each, with the remedy."""
    return (
        *_passwords(tree, path),
        *_clear_passwords(settings),
        *_hours_without_a_price(settings, tree, path),
        *_skipped(settings, tree, path),
        *_never_planned(settings, tree, path),
    )


def _passwords(tree: Tree, path: Path) -> Iterator[str]:
    inside = [where for where in _given(tree) if tree.marks[where].line and is_secret(where)]
    mode = path.stat().st_mode
    if inside and mode & (stat.S_IRGRP | stat.S_IROTH):
        who = "everybody on this machine" if mode & stat.S_IROTH else "its group"
        yield (
            f"{path}:{tree.marks[inside[0]].line}: {dotted(inside[0])} stands in a file that {who} "
            f"may read; chmod 600 {path}, or give it as HEARTH_{_variable(inside[0])}"
        )


def _variable(where: Where) -> str:
    return "__".join(map(str, where)).upper()


def _given(tree: Tree) -> list[Where]:
    return [where for where in tree.marks if where and isinstance(tree.get(where), str)]


def _hours_without_a_price(settings: Settings, tree: Tree, path: Path) -> Iterator[str]:
    """Named prices with a gap that nobody fills; the cloud may, so nothing is said of it then."""
    tariff = settings.tariff
    if tariff is None or not tariff.prices or tariff.sources or settings.cloud is not None:
        return
    gap = unnamed(each.hours for each in tariff.prices.values())
    if gap is not None and tariff.supply_per_kwh is None:
        yield (
            f"{path}:{tree.mark(('tariff', 'prices')).line}: tariff.prices names no price from"
            f" {gap}, so plans guess it; add one, or a source of market prices"
        )


def _skipped(settings: Settings, tree: Tree, path: Path) -> Iterator[str]:
    for line, says in skipped_deadlines(settings, tree, datetime.now(UTC).date()):
        yield says if line is None else f"{path}:{line}: {says}"


def _never_planned(settings: Settings, tree: Tree, path: Path) -> Iterator[str]:
    """Schedules go before plans: where they steer all chargers, no plan of a car is followed."""
    on = {each.charger: name for name, each in settings.schedules.items() if each.enabled}
    if not settings.chargers or settings.chargers.keys() - on.keys():
        return
    names = " and ".join(dict.fromkeys(on[each] for each in settings.chargers))
    for name, car in settings.vehicles.items():
        if car.smart is not None and car.smart.enabled:
            line = tree.mark(("vehicles", name, "smart")).line
            yield (
                f"{path}:{line}: vehicles.{name}.smart gives way to the schedule {names}, so that"
                " no plan is ever followed: every charger has one; write enabled: false here or"
                " there"
            )


def _clear_passwords(settings: Settings) -> Iterator[str]:
    mqtt = settings.mqtt
    if mqtt and mqtt.password and not mqtt.tls and mqtt.host not in _THIS_MACHINE:
        yield (
            "mqtt.password crosses the network unencrypted; add tls: true if the broker can "
            "(port 8883)"
        )


_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
