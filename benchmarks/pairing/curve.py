"""What would have been published at another threshold, from what was held at each instant.

From 0.99 on: the names that Hearth published, each from when it was as sure as the threshold.
Below: also the likeliest car that anything ties to the charger, without waiting for silent rivals.
"""

from collections.abc import Iterator, Sequence

from benchmarks.pairing.ours import Step
from benchmarks.pairing.scoring import Named

THRESHOLDS = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
SURE = 0.99
KEEP = 0.6


def at_threshold(steps: Sequence[Step], threshold: float) -> Iterator[Named]:
    named: dict[str, str | None] = {}
    for step in steps:
        before = named.get(step.charger)
        candidate = step.named if threshold >= SURE else step.named or step.best
        kept = before is not None and before == candidate
        least = 0.0 if before == step.named else min(KEEP, threshold)
        now = candidate if step.share >= (least if kept else threshold) else None
        if now != before:
            named[step.charger] = now
            yield Named(step.t_s, step.charger, now, step.share)
