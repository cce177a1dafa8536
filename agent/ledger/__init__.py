"""Targets on their way to becoming true, and Actions, the public record of people's wishes.

Rules (Enode action model):
1. An Action is PENDING until data newer than its command shows the wish (CONFIRMED), until
   its window ends (FAILED), or until it is cancelled; all three are final.
2. One PENDING Action per device, over all kinds. A new one cancels the old (CONFLICT), but a
   vehicle's START or STOP that is pending already is returned as it is.
3. Continuous set-points (surplus, fuse) are no Actions and never cancel one.
4. Windows run on the monotonic clock.
5. A car has up to two ways to be charged, its charger and itself; an Action may take the other.
Pure: values in, values out; the clock is an argument.
"""

from agent.ledger.book import (
    Ledger,
    Step,
    cancel,
    conclude,
    drop_device,
    refuse,
    restore,
    step,
    undelivered,
)
from agent.ledger.create import Request, create

__all__ = [
    "Ledger",
    "Request",
    "Step",
    "cancel",
    "conclude",
    "create",
    "drop_device",
    "refuse",
    "restore",
    "step",
    "undelivered",
]
