"""When to commit and when to tidy, in house time; when to try again, in real time."""

from agent.model.clock import Now

LOOK_EVERY_S = 1.0
RETRY_AFTER_S = 10.0
TIDY_EVERY_S = 3600.0


class Rhythm:
    """Args:
    commit_every_s: house time from one full commit to the next.
    """

    def __init__(self, commit_every_s: float, now: Now) -> None:
        self.look_every_s = min(LOOK_EVERY_S, commit_every_s / 4)
        self._commit_every_s = commit_every_s
        self._committed_mono_s = self._tidied_mono_s = now.mono_s
        self._tried_s = 0.0

    def committed(self, now: Now) -> None:
        """A full commit began."""
        self._committed_mono_s = now.mono_s

    def commit_due(self, now: Now, loop_s: float, *, urgent: bool, problem: bool) -> bool:
        """Whether to commit now; then it counts as tried.

        Args:
            urgent: something should not wait for its turn.
            problem: the last try failed.
        """
        # One look early rather than late: the interval is a promise.
        waited_s = now.mono_s - self._committed_mono_s + self.look_every_s
        due = waited_s >= self._commit_every_s or urgent
        if problem:
            due = loop_s - self._tried_s >= min(RETRY_AFTER_S, self._commit_every_s)
        if due:
            self._tried_s = loop_s
        return due

    def tidy_due(self, now: Now) -> bool:
        """Whether to tidy now; then it counts as done."""
        due = now.mono_s - self._tidied_mono_s >= TIDY_EVERY_S
        if due:
            self._tidied_mono_s = now.mono_s
        return due
