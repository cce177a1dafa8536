"""Which form of a limit a charger takes: one after the other until one is accepted and heeded."""

from collections.abc import Sequence

from drivers.ocpp.forms import Form

OVERDRAW_FACTOR = 1.05
OVERDRAW_A = 0.5
OVERDRAWS_MAX = 3


class FormChoice:
    """Args:
    forms: see forms.ladder; never empty.
    """

    def __init__(self, forms: Sequence[Form]) -> None:
        self.start_over(forms)

    @property
    def form(self) -> Form | None:
        """The form in use; None when the charger refused them all."""
        return self._forms[self._position] if self._position < len(self._forms) else None

    def start_over(self, forms: Sequence[Form]) -> None:
        """Try these forms, for instance after a new firmware."""
        self._forms = tuple(forms)
        self._position = 0
        self._overdraws = 0
        self._judging = True

    def refused(self, form: Form, *, whole_purpose: bool) -> None:
        """Go on with the next form, or the next purpose, if this one is still in use."""
        if form != self.form:
            return
        self._position += 1
        while whole_purpose and self.form is not None and _same_purpose(self.form, form):
            self._position += 1

    def distrust_clock(self) -> None:
        """The charger's clock is wrong: take a form that does not depend on it, if there is one."""
        form = self.form
        if form is None or form.relative:
            return
        for position in range(self._position + 1, len(self._forms)):
            other = self._forms[position]
            if other.relative and other.unit == form.unit and _same_purpose(other, form):
                self._position = position
                return

    def give_up(self) -> None:
        """The charger knows no smart charging at all."""
        self._position = len(self._forms)

    def heeded(self, form: Form, limit_a: float, current_a: float) -> bool:
        """Judge by the highest phase current whether the charger heeds a form that it accepted.

        Grizzl-E, ABB and go-e firmwares accept some and ignore them. When all are ignored alike
        the first is used from then on: it may be the measurement that is wrong.
        """
        if not self._judging or form != self.form:
            return True
        if current_a <= limit_a * OVERDRAW_FACTOR + OVERDRAW_A:
            self._overdraws = 0
            return True
        self._overdraws += 1
        if self._overdraws < OVERDRAWS_MAX:
            return True
        self._overdraws = 0
        self._position = self._after(form)
        self._judging = self._position > 0
        return False

    def _after(self, ignored: Form) -> int:
        """The next form that may be heeded: stack level 0, else another purpose."""
        for position in range(self._position + 1, len(self._forms)):
            form = self._forms[position]
            if not _same_purpose(form, ignored) or form.stack < ignored.stack:
                return position
        return 0


def _same_purpose(a: Form, b: Form) -> bool:
    return (a.purpose, a.whole_box) == (b.purpose, b.whole_box)
