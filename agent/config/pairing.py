"""What the installer decides about pairs of cars and chargers."""

from pydantic import Field

from agent.config.section import Section
from agent.model.pairs import PairingMode, ProbePolicy


class PairingConfig(Section):
    """How Hearth uses what it knows of which car hangs on which charger."""

    mode: PairingMode = Field(
        default=PairingMode.FULL,
        description="full: a command for a car goes to the charger that it hangs on; "
        "observe-only: pairs are shown, and nothing follows; off: there are none.",
    )
    probe: ProbePolicy = Field(
        default=ProbePolicy.WHEN_IT_MATTERS,
        description="Whether a charger may charge slower for some minutes, once a plug-in, to see "
        "which car follows. when-it-matters: by itself, when a schedule or a command waits for the "
        "answer; always-ask: only after you said yes; off: never.",
    )
