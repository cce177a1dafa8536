"""What the installer decides about pairs of cars and chargers."""

from pydantic import Field

from agent.config.section import Section
from agent.model.pairs import PairingMode


class PairingConfig(Section):
    """How Hearth uses what it knows of which car hangs on which charger."""

    mode: PairingMode = Field(
        default=PairingMode.FULL,
        description="full: a command for a car goes to the charger that it hangs on; "
        "observe-only: pairs are shown, and nothing follows; off: there are none.",
    )
