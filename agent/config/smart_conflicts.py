"""Contradictions of smart charging with schedules and prices."""

from collections.abc import Iterator

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.survey import House


def schedules(house: House) -> Iterator[Fault]:
    """A device is steered by a schedule or by smart charging, not by both."""
    settings = house.settings
    for kind, group in (("vehicle", settings.vehicles), ("charger", settings.chargers)):
        for name, device in group.items():
            if device.smart is None or not device.smart.enabled:
                continue
            other = next(
                (
                    each
                    for each, schedule in settings.schedules.items()
                    if schedule.enabled and getattr(schedule, kind) == name
                ),
                None,
            )
            where = (f"{kind}s", name, "smart")
            if other is not None and house.sure(where, "enabled"):
                wrong = f"the schedule {other} steers {name} already"
                remedy = "write enabled: false here or there"
                yield fault(house.tree, where, None, wrong, remedy)


def prices(house: House) -> Iterator[Fault]:
    """Without prices nothing is cheaper at one hour than at another; a cloud may send some."""
    settings = house.settings
    if settings.tariff is not None or settings.cloud is not None:
        return
    for group in ("vehicles", "chargers"):
        for name, device in getattr(settings, group).items():
            if device.smart is not None and device.smart.enabled:
                where = (group, name, "smart")
                wrong = "there are no prices, so nothing can be planned"
                remedy = "add a tariff section, or write enabled: false"
                yield fault(house.tree, where, None, wrong, remedy)
