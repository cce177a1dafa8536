"""The vital job, out of the installer's file."""

import logging
from collections.abc import Sequence

from agent.assembly.rules import house_rules, plan_settings
from agent.clock import FastClock, SystemClock
from agent.config import Settings
from agent.control import Control
from agent.house import House
from agent.model.driver import Driver
from agent.model.events import Herald
from agent.model.readings import DeviceId
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.abilities import shortcomings
from agent.store import Persisted, Store

log = logging.getLogger(__name__)


def build_control(
    settings: Settings,
    clock: SystemClock | FastClock,
    house: House,
    store: Store,
    drivers: Sequence[Driver],
    persisted: Persisted,
    herald: Herald | None,
) -> Control:
    by_device = {info.id: driver for driver in drivers for info in driver.devices}
    devices = tuple(info for driver in drivers for info in driver.devices)
    modes = {DeviceId(n): ChargerWish(mode=c.mode) for n, c in settings.chargers.items()}
    planned = plan_settings(settings, devices)
    for sentence in shortcomings(planned):
        log.warning("%s", sentence)
    return Control(
        house=house,
        store=store,
        clock=clock,
        settings=planned,
        wishes=Wishes(chargers=modes),
        drivers=by_device,
        persisted=persisted,
        rules=house_rules(settings, devices),
        herald=herald,
    )
