"""When to write which limit to a charger. No sockets and no clock: instants are arguments.

Two profiles protect the house when Hearth or the link dies: a permanent low fallback, and
above it the working limit, which ends by itself. The working limit is refreshed at half its
life while a car is connected; without a car the fallback holds and nothing is written (each
write costs the charger flash). Nothing at all is written until somebody wants something, so a
charge that is already running is left alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.model.clock import Now
from drivers.ocpp.choice import FormChoice
from drivers.ocpp.forms import (
    HOLD_S,
    TAIL_S,
    Form,
    base_profile,
    ladder,
    one_decimal_down,
    working_profile,
)

REFRESH_S = HOLD_S / 2
UNFORCED_GAP_S = 60.0
DEAD_BAND_A = 1.0
DEAD_BAND_SHARE = 0.05
CLOCK_JUMP_S = 30.0
SETTLE_S = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One SetChargingProfile to send.

    Args:
        limit_a: per phase, of the working limit; None if this is the fallback underneath.
        phases: on how many the car is to charge.
    """

    connector: int
    profile: dict[str, Any]
    form: Form
    limit_a: float | None
    phases: int
    transaction_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The working limit that the charger accepted last."""

    limit_a: float
    mono_s: float
    wall_minus_mono_s: float
    form: Form
    phases: int
    transaction_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What a connector may be given.

    Args:
        phases: wired to it; switching: whether the car may be told to use one of them only.
        min_a, max_a: per phase; what lies between 0 and min_a becomes 0.
        fallback_a: per phase, for when Hearth is away.
        steps_a: the only currents that the model knows; empty = any.
    """

    connector: int
    phases: int
    min_a: float
    max_a: float
    fallback_a: float
    steps_a: tuple[float, ...] = ()
    switching: bool = False

    def allowed_a(self, limit_a: float | None) -> float:
        """The highest limit not above the given one that may be written: 0, or min_a and more."""
        allowed_a = self.max_a if limit_a is None else min(limit_a, self.max_a)
        if not math.isfinite(allowed_a) or allowed_a < self.min_a:
            return 0.0
        if self.steps_a:
            allowed_a = max((a for a in self.steps_a if a <= allowed_a), default=0.0)
        allowed_a = one_decimal_down(allowed_a)
        return allowed_a if allowed_a >= self.min_a else 0.0


class Limiter:
    """The limit of one connector.

    Args:
        forms: see forms.ladder.
    """

    def __init__(self, rating: Rating, forms: Sequence[Form] = ()) -> None:
        self.rating = rating
        self.choice = FormChoice(forms or ladder())
        self.wanted_a: float | None = None
        self.phases = rating.phases
        self.held: Held | None = None
        self._forced = False
        self._base: Form | None = None

    @property
    def form(self) -> Form | None:
        """The form in use; None when the charger refused them all."""
        return self.choice.form

    def want(
        self, limit_a: float | None, *, gentle: bool = False, phases: int | None = None
    ) -> None:
        """Set the limit that shall hold.

        Args:
            limit_a: per phase; None = as much as the installer allows.
            gentle: a raise may wait, since it follows something that flickers, like the sun.
            phases: on how many the car charges; None = as before. Where they are not switched,
                all that are wired.
        """
        wanted_a = self.rating.allowed_a(limit_a)
        before, self.phases = self.phases, self._allowed_phases(phases)
        repeated = wanted_a == self.wanted_a and self.phases == before and self.held is not None
        written = self.held is not None and self._says(self.held, wanted_a)
        self._forced = (self._forced or written) if repeated else not gentle
        self.wanted_a = wanted_a

    def reconnected(self, now: Now) -> bool:
        """The charger may have forgotten everything.

        Returns:
            Whether it is back on all its phases, since its limit has ended and the fallback
            beneath it names them. Then it is not told the fewer ones again, which might change
            them under current: it goes on with the fallback until somebody decides anew.
        """
        held, wanted_a = self.held, self.wanted_a
        self._base = None
        if wanted_a is None or held is None:
            return False
        self._forced = True
        if held.phases >= self.rating.phases or not _ended(held, now):
            return False
        self.phases = self.rating.phases
        self.wanted_a = min(wanted_a, self.rating.allowed_a(self.rating.fallback_a))
        return True

    def due(self, now: Now, *, car: bool, transaction_id: int | None = None) -> Write | None:
        """What to write now, if anything."""
        while (form := self.form) is not None and self.wanted_a is not None:
            if form.purpose == "TxProfile" and transaction_id is None:
                return None
            if self._working_is_due(now, car=car, transaction_id=transaction_id):
                return self._working(form, self.wanted_a, now, transaction_id)
            if form.has_base and self._base != form:
                return self._fallback(form, now)
            return None
        return None

    def accepted(self, write: Write, now: Now) -> None:
        if write.limit_a is None:
            self._base = write.form
            return
        self.held = Held(
            limit_a=write.limit_a,
            mono_s=now.mono_s,
            wall_minus_mono_s=now.at.timestamp() - now.mono_s,
            form=write.form,
            phases=write.phases,
            transaction_id=write.transaction_id,
        )
        if self._says(self.held, self.wanted_a):
            self._forced = False

    def declined(self, write: Write, *, purpose_unknown: bool = False) -> None:
        """The charger said no to this form: go on with the next, or the next purpose."""
        self.choice.refused(write.form, whole_purpose=purpose_unknown)
        if write.limit_a is None and self.form is not None:
            self.held = None  # the next form starts with its working limit

    def measured(self, current_a: float, now: Now) -> bool:
        """Compare the highest phase current with the limit; True if the form is given up."""
        held = self.held
        if held is None or not SETTLE_S <= now.mono_s - held.mono_s <= HOLD_S:
            return False
        if self.choice.heeded(held.form, held.limit_a, current_a):
            return False
        self.held = None
        self._forced = True
        return True

    def safe(self, now: Now, *, transaction_id: int | None) -> Write | None:
        """The write that lowers the charger to its fallback when Hearth stops, if it is higher."""
        form, held = self.form, self.held
        if form is None or held is None or held.limit_a <= self.rating.fallback_a:
            return None
        if form.purpose == "TxProfile" and transaction_id is None:
            return None
        return self._working(form, self.rating.fallback_a, now, transaction_id)

    def _allowed_phases(self, phases: int | None) -> int:
        if not self.rating.switching:
            return self.rating.phases
        return self.phases if phases is None else min(phases, self.rating.phases)

    def _says(self, held: Held, limit_a: float | None) -> bool:
        return held.limit_a == limit_a and held.phases == self.phases

    def _working_is_due(self, now: Now, *, car: bool, transaction_id: int | None) -> bool:
        held, wanted_a = self.held, self.wanted_a
        if held is None or wanted_a is None or held.form != self.form:
            return True
        age_s = now.mono_s - held.mono_s
        if wanted_a < held.limit_a or held.phases != self.phases or self._forced:
            return True
        if wanted_a > held.limit_a and _may_raise(held.limit_a, wanted_a, age_s):
            return True
        if held.form.purpose == "TxProfile" and held.transaction_id != transaction_id:
            return True
        if not car or held.form.relative:
            return False
        jumped_s = abs(now.at.timestamp() - now.mono_s - held.wall_minus_mono_s)
        return age_s >= REFRESH_S or jumped_s > CLOCK_JUMP_S

    def _working(self, form: Form, limit_a: float, now: Now, transaction_id: int | None) -> Write:
        profile = working_profile(
            form,
            connector=self.rating.connector,
            limit_a=limit_a,
            fallback_a=self.rating.fallback_a,
            phases=self.phases,
            at=now.at,
            transaction_id=transaction_id,
            named=self.rating.switching,
        )
        return self._write(form, profile, limit_a, transaction_id)

    def _fallback(self, form: Form, now: Now) -> Write:
        profile = base_profile(
            form,
            connector=self.rating.connector,
            fallback_a=self.rating.fallback_a,
            phases=self.rating.phases,
            at=now.at,
        )
        return self._write(form, profile, None, None)

    def _write(
        self, form: Form, profile: dict[str, Any], limit_a: float | None, transaction_id: int | None
    ) -> Write:
        return Write(
            connector=0 if form.whole_box else self.rating.connector,
            profile=profile,
            form=form,
            limit_a=limit_a,
            phases=self.phases,
            transaction_id=transaction_id,
        )


def _ended(held: Held, now: Now) -> bool:
    """Whether the charger has left a working limit that nobody renewed."""
    age_s = now.mono_s - held.mono_s
    if held.form.dated:
        return age_s >= HOLD_S
    return held.form.ends and age_s >= HOLD_S + TAIL_S


def _may_raise(held_a: float, wanted_a: float, age_s: float) -> bool:
    if held_a == 0:
        return True
    small = wanted_a - held_a < min(DEAD_BAND_A, held_a * DEAD_BAND_SHARE)
    return age_s >= UNFORCED_GAP_S and not small
