"""公布数: what a ledger's document states, beside what its rows give (product text 9.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from remediation.counting.items import StatusTotals
from remediation.counting.ledgers import TOTAL_KEYS
from remediation.models import Ledger, StatedTotal
from remediation.subjects import SUBJECT_LABELS


@dataclass(frozen=True)
class Figure:
    """One figure: computed, stated (``None`` when the document states none)."""

    computed: int
    stated: int | None

    @property
    def difference(self) -> int | None:
        """Computed less stated."""
        return None if self.stated is None else self.computed - self.stated


@dataclass(frozen=True)
class ComparedTotal:
    """A subject's figures beside the stated ones."""

    subject: str
    label: Promise
    total: Figure
    completed: Figure
    basically_completed: Figure
    in_progress: Figure
    not_started: int
    source: str

    @property
    def differs(self) -> bool:
        """Whether a stated figure is not the computed one."""
        return any(
            figure.difference
            for figure in (self.total, self.completed, self.basically_completed, self.in_progress)
        )


def compared_totals(ledger: Ledger, computed: Mapping[str, StatusTotals]) -> list[ComparedTotal]:
    """Every subject that has rows or that the document states; one query."""
    stated = {row.subject: row for row in ledger.stated_totals.all()}
    nothing = StatedTotal()
    lines = []
    for subject in TOTAL_KEYS:
        own, said = computed[subject], stated.get(subject, nothing)
        if own.total or said.total is not None:
            lines.append(
                ComparedTotal(
                    subject=subject,
                    label=SUBJECT_LABELS[subject],
                    total=Figure(own.total, said.total),
                    completed=Figure(own.completed, said.completed),
                    basically_completed=Figure(own.basically_completed, said.basically_completed),
                    in_progress=Figure(own.in_progress, said.in_progress),
                    not_started=own.not_started,
                    source=said.source,
                )
            )
    return lines
