"""Which operation mode a battery is in, by what stands in its registers."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from agent.model.readings import BatteryMode
from drivers.modbus.model import DeviceModel, Key, Register

_EXACT = 1e-6


async def observed_mode(
    model: DeviceModel,
    controls: Mapping[Key, Register],
    read: Callable[[Register], Awaitable[float | None]],
    held: BatteryMode | None,
) -> BatteryMode | None:
    """Return the mode that the registers tell, UNKNOWN if they tell no known one.

    None if no register can be read. The mode that Hearth holds is believed as long as nothing
    speaks against it, since many control registers cannot be read.

    Raises:
        BusFault: the registers cannot be read now.
    """
    known: dict[Key, float | None] = {}

    async def fits(values: Mapping[Key, float]) -> bool:
        for key, value in values.items():
            register = controls.get(key)
            if register is None or not register.readable:
                continue
            if key not in known:
                known[key] = await read(register)
            found = known[key]
            if found is None or abs(found - value) > _EXACT:
                return False
        return True

    if held and await fits(_fixed(model, model.modes.get(held, ()))):
        return held
    for mode, values in _telling(model):
        if any(k in controls and controls[k].readable for k in values) and await fits(values):
            return mode
    return BatteryMode.UNKNOWN if known else None


def _telling(model: DeviceModel) -> Iterable[tuple[BatteryMode, Mapping[Key, float]]]:
    """The modes that the device's registers tell by themselves, with the values that tell them.

    A mode whose fixed values are all part of another's cannot be told from it. The normal mode
    comes last: what it leaves open (a power limit) may be just what makes another mode.
    """
    fixed = {mode: _fixed(model, names) for mode, names in model.modes.items()}
    for mode, values in sorted(
        fixed.items(), key=lambda item: item[0] is BatteryMode.SELF_RELIANCE
    ):
        others = [other for name, other in fixed.items() if name is not mode]
        if values and not any(values.items() <= other.items() for other in others):
            yield mode, values


def _fixed(model: DeviceModel, commands: Iterable[str]) -> dict[Key, float]:
    steps = (step for name in commands for step in model.commands[name].steps)
    return {
        step.control: step.value
        for step in steps
        if step.control and not step.optional and isinstance(step.value, float)
    }
