"""A charge that a person ended at the charger: its mode does not begin another one at once. Pure.

Whoever ends a charge by card wants to pull the cable, and a charge that begins again locks it. But
why a charge ended is known from the charger's word alone, and some chargers say a wrong one: so it
is a pause and never the end of all charging, after which a car would not be full in the morning.
"""

from agent.model.clock import Now
from agent.model.readings import ChargerReading, PowerDelivery
from agent.model.snapshot import Seen
from agent.model.targets import Reason, ReasonCode

LEFT_ALONE_S = 300.0
"""As long as a plan waits before it starts what somebody stopped."""


def ended_by_hand(seen: Seen[ChargerReading], now: Now) -> Reason | None:
    """Why the charger is left alone for now; None if it is not."""
    said_mono_s = seen.said_mono_s.get("ended_by_hand")
    if not seen.value.ended_by_hand or said_mono_s is None:
        return None
    left_s = said_mono_s + LEFT_ALONE_S - now.mono_s
    if left_s <= 0 or seen.value.power_delivery is not PowerDelivery.STOPPED:
        return None
    return Reason(
        code=ReasonCode.MANUAL_STOP,
        sentence="Left alone for 5 minutes: somebody ended the charge at the charger. Then the mode"
        " begins another; to have none, choose the mode off or pull the cable.",
        changes_at=now.later(left_s).at,
    )
