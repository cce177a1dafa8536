"""A device that only holds registers, a notebook in memory, and a clock on the loop's time."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from agent.model.clock import Now
from agent.model.readings import BatteryMode, DeviceId
from agent.model.targets import BatteryTarget, Owner, Reason, ReasonCode
from drivers.modbus.codec import decode, encode
from drivers.modbus.controls import BatteryControl
from drivers.modbus.faults import BusFault, Fault
from drivers.modbus.maps import load_models
from drivers.modbus.model import DeviceModel, Key, Register, Value
from tests.notebook import Notebook

START = datetime(2026, 6, 1, tzinfo=UTC)


class LoopClock:
    def now(self) -> Now:
        mono_s = asyncio.get_running_loop().time()
        return Now(at=START + timedelta(seconds=mono_s), mono_s=mono_s)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FakeDevice:
    """Keeps what is written; `log` has (name, value, second) of every write."""

    def __init__(self) -> None:
        self.words: dict[int, list[int]] = {}
        self.log: list[tuple[str, float, float]] = []
        self.faults: dict[str, BusFault] = {}
        self.deaf: set[str] = set()  # takes the write and keeps the old value

    async def read(self, register: Register) -> Value | None:
        if register.name in self.faults:
            raise self.faults[register.name]
        words = self.words.get(register.address or 0, [0] * register.count)
        return decode(register, words, self._factor(register))

    async def write(self, register: Register, words: Sequence[int]) -> None:
        if register.name in self.faults:
            raise self.faults[register.name]
        value = decode(register, words, self._factor(register))
        assert isinstance(value, int | float)
        self.log.append((register.name, float(value), asyncio.get_running_loop().time()))
        if register.name not in self.deaf:
            self.words[register.address or 0] = list(words)

    def _factor(self, register: Register) -> int | None:
        return self.words[register.sf_address][0] if register.sf_address else None

    def put(self, register: Register, value: float) -> None:
        self.words[register.address or 0] = encode(register, value)

    @property
    def writes(self) -> list[tuple[str, float]]:
        return [(name, value) for name, value, _ in self.log]


class Rig:
    """One battery of one model with everything around it."""

    def __init__(
        self,
        model: str | DeviceModel,
        *,
        values: Mapping[Key, Value | None] | None = None,
        max_power_w: float | None = None,
        notebook: Notebook | None = None,
    ) -> None:
        self.model = load_models(wanted=[model])[model] if isinstance(model, str) else model
        self.device = FakeDevice()
        self.notebook = notebook or Notebook()
        self.values: dict[Key, Value | None] = dict(values or {})
        self.control = BatteryControl(
            name="cellar",
            key="cellar",
            model=self.model,
            port=self.device,
            clock=LoopClock(),
            notebook=self.notebook,
            values=lambda: self.values,
            max_power_w=max_power_w,
        )
        self.control.found(r.placed(0) if r.sunspec_models else r for r in self.model.registers)

    def register(self, name: str) -> Register:
        return next(r for r in self.model.registers if r.name == name)

    def writer_note(self) -> object:
        """The mode that a restart would find written down."""
        return self.notebook.notes.get(("modbus-control", "cellar"), {}).get("held", "")

    async def set(self, mode: BatteryMode, power_w: float | None = None) -> None:
        await self.control.apply(target(mode, power_w))


def target(mode: BatteryMode, power_w: float | None = None) -> BatteryTarget:
    return BatteryTarget(
        device=DeviceId("cellar"),
        mode=mode,
        power_w=power_w,
        owner=Owner.MANUAL,
        reason=Reason(code=ReasonCode.BATTERY_MANUAL, sentence="because"),
    )


def huawei(**values: float) -> Rig:
    """A LUNA2000 of 5 kW at 50 %, reserve 12 %."""
    known: dict[Key, Value | None] = {
        ("battery", "max_charge_power_w"): 5000,
        ("battery", "max_discharge_power_w"): 5000,
        ("battery", "soc_percent"): 50.0,
        ("battery", "reserve_percent"): 12.0,
    }
    rig = Rig(
        "huawei_sun2000",
        values=known | {("battery", name): value for name, value in values.items()},
    )
    rig.device.put(rig.register("ctl_max_charge_power_w"), 5000)
    rig.device.put(rig.register("ctl_max_discharge_power_w"), 5000)
    return rig


REFUSAL = BusFault(Fault.ILLEGAL_VALUE, "it does not accept the value", 3)
SILENCE = BusFault(Fault.TIMEOUT, "no answer within 10 s")
