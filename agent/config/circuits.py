"""What the installer writes about fuses below the main one."""

from pydantic import Field

from agent.config.section import Section, Text


class CircuitConfig(Section):
    """A cable with a fuse of its own that feeds chargers, e.g. to a garage."""

    name: Text | None = Field(
        default=None,
        description="What people call the circuit; without it, its name in this file.",
        examples=["the garage"],
    )
    breaker_a: float = Field(
        ge=6, le=125, description="Its fuse or breaker, ampere per phase.", examples=["20"]
    )
    margin_a: float = Field(
        default=0.0, ge=0, le=20, description="Ampere per phase that stay free under this fuse."
    )
    phases: int = Field(default=3, ge=1, le=3, description="Phases of the circuit: 1 to 3.")
    fed_by: Text | None = Field(
        default=None,
        description="The circuit that feeds it, by its name here; without it, the mains.",
        examples=["outbuilding"],
    )
    meter: Text | None = Field(
        default=None,
        description="Device that measures all that flows through it. Without one, Hearth adds up "
        "what its chargers may take.",
        examples=["cellar"],
    )
    chargers: tuple[Text, ...] = Field(
        default=(),
        description="Chargers that hang on it directly, by their names under chargers.",
        examples=[["garden"]],
    )
    unmetered_a: float = Field(
        default=0.0,
        ge=0,
        le=125,
        description="Without a meter: what all else that hangs on it directly may take at its "
        "worst, ampere per phase. It is kept free at all times, here and on what feeds it.",
    )
