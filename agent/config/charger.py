"""What the installer writes about one charger."""

from typing import Literal, Self

from pydantic import Field, model_validator

from agent.config.section import Seconds
from agent.config.smart import ChargerSmartConfig
from agent.model.intents import ChargerMode
from drivers.ocpp.config import ChargerConfig


class ChargerSettings(ChargerConfig):
    """One charger, and what it does when nobody says otherwise."""

    mode: ChargerMode = Field(
        default=ChargerMode.FAST,
        description="What the charger does by default: off; fast = as fast as the fuse allows; "
        "solar = surplus only; min_solar = at least min_current_a, more with surplus; smart = as "
        "the plan says, and fast where there is none.",
    )
    start_delay_s: Seconds = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="The surplus must last this many seconds before solar charging starts.",
    )
    stop_delay_s: Seconds = Field(
        default=180.0,
        ge=0,
        le=3600,
        description="The surplus must be missing this many seconds before solar charging stops.",
    )
    residual_w: float = Field(
        default=0.0,
        ge=0,
        le=50_000,
        description="Surplus in watts that solar charging always leaves to the grid, against "
        "needless import.",
    )
    phase_dwell_s: Seconds = Field(
        default=600.0,
        ge=60,
        le=7200,
        description="With phase_switching: that many seconds the power must be one for the other "
        "number of phases before they are changed, and that long a change lasts at least. Who "
        "wants full power does not wait.",
    )
    phase_switches_a_day: int = Field(
        default=12,
        ge=2,
        le=100,
        description="With phase_switching: the most changes within 24 hours, since each wears the "
        "charger's contactor.",
    )
    priority: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Where sun or room under a fuse is short, the charger with the greater number "
        "goes first; those with the same number share.",
    )
    mains_phases: tuple[Literal["L1", "L2", "L3"], ...] = Field(
        default=("L1", "L2", "L3"),
        min_length=1,
        max_length=3,
        description="On which phase of the mains each phase of the charger lies. Electricians turn "
        "them, so that cars on one phase do not all load L1.",
        examples=[["L2", "L3", "L1"]],
    )
    smart: ChargerSmartConfig | None = Field(
        default=None,
        description="Smart charging of cars that nobody knows: guests, and cars without a source. "
        "A car that is known has its own settings.",
    )

    @model_validator(mode="after")
    def _phase_settings_do_something(self) -> Self:
        for name in ("phase_dwell_s", "phase_switches_a_day"):
            value = getattr(self, name)
            if not self.phase_switching and value != type(self).model_fields[name].default:
                raise ValueError(
                    f"{name} is {value:g}, without phase_switching it does nothing; "
                    "add phase_switching: true or remove it"
                )
        return self
