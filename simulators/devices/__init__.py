"""One file per make: what the device answers, in its own layout and with its own signs."""

from collections.abc import Callable
from importlib import import_module

from simulators.plant import Plant
from simulators.registers import Device

NAMES = (
    "eastron_sdm630",
    "huawei_sun2000",
    "sma_hybrid",
    "sungrow_sh",
    "sunspec",
    "victron_gx",
)


def builder(name: str) -> Callable[..., Device]:
    """The function that makes the device of that name; its first argument is a Plant.

    Raises:
        ValueError: no such device.
    """
    if name not in NAMES:
        raise ValueError(f"no simulator for {name!r}; there are {', '.join(NAMES)}")
    build: Callable[..., Device] = import_module(f"simulators.devices.{name}").build
    return build


def build_device(name: str, plant: Plant, **options: object) -> Device:
    return builder(name)(plant, **options)
