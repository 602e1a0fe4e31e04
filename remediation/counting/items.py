"""Figures over items: the completion status of one, and how many stand at each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import TypedDict

from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django_stubs_ext import WithAnnotations

from remediation.models import Item
from remediation.states import UNCOUNTED_STATES, CompletionStatus, ItemKind

COMPLETED = CompletionStatus.COMPLETED


def completion_expression(prefix: str = "") -> Case:
    """An item's completion status in SQL; ``item_status`` is the same rule in Python, and a test holds them together.

    What follows from the measures stands on ``ItemStanding``. 基本完成 comes from the ledger's policy or a declaration
    at review only (9.2). ``prefix`` is the path to the item.
    """
    basically = Q(**{f"{prefix}declared_basically_completed": True}) | Q(
        **{f"{prefix}ledger__unfinished_counts_as_basically_completed": True}
    )
    return Case(
        When(Q(**{f"{prefix}standing__progress": COMPLETED.value}), then=Value(COMPLETED.value)),
        When(basically, then=Value(CompletionStatus.BASICALLY_COMPLETED.value)),
        default=F(f"{prefix}standing__progress"),
        output_field=CharField(),
    )


def item_status(
    *, statuses: Iterable[str], reported_status: str, declared: bool, unfinished_as_basically: bool
) -> CompletionStatus:
    """An item's completion status from the statuses of its counted measures (empty: what was reported on the item)."""
    known = list(statuses)
    if all(status == COMPLETED for status in known) if known else reported_status == COMPLETED:
        return COMPLETED
    if declared or unfinished_as_basically:
        return CompletionStatus.BASICALLY_COMPLETED
    if not known:
        return CompletionStatus(reported_status)
    if all(status == CompletionStatus.NOT_STARTED for status in known):
        return CompletionStatus.NOT_STARTED
    return CompletionStatus.IN_PROGRESS


class Completion(TypedDict):
    """What ``with_completion`` adds to an item."""

    completion_status: str


def with_completion(items: QuerySet[Item]) -> QuerySet[WithAnnotations[Item, Completion]]:
    """``items`` annotated with ``completion_status``."""
    return items.annotate(completion_status=completion_expression())


@dataclass
class StatusTotals:
    """How many of something stand at each completion status."""

    total: int = 0
    completed: int = 0
    basically_completed: int = 0
    in_progress: int = 0
    not_started: int = 0

    def add(self, status: str, count: int = 1) -> None:
        """Count ``count`` more at ``status``."""
        self.total += count
        setattr(self, status, getattr(self, status) + count)

    def status(self) -> CompletionStatus:
        """What follows for the whole: a section's status from what is below it (product text 2)."""
        if self.total and self.completed == self.total:
            return COMPLETED
        if self.total and self.completed + self.basically_completed == self.total:
            return CompletionStatus.BASICALLY_COMPLETED
        if self.not_started == self.total:
            return CompletionStatus.NOT_STARTED
        return CompletionStatus.IN_PROGRESS

    def merge(self, other: StatusTotals) -> None:
        """Add the counts of ``other``."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def as_dict(self) -> dict[str, int]:
        """By name, in the order of the report."""
        return asdict(self)


ITEM_SUBJECTS: Mapping[str, Q] = {
    "specific_problems": Q(kind=ItemKind.SPECIFIC_PROBLEM),
    "inference_items": Q(kind=ItemKind.INFERENCE_ITEM),
    "reform_items": Q(is_reform_item=True),
    "opinions": Q(kind=ItemKind.OPINION),
    "projects": Q(kind=ItemKind.PROJECT),
}


SUBJECT_OF_KIND = {
    ItemKind.SPECIFIC_PROBLEM.value: "specific_problems",
    ItemKind.INFERENCE_ITEM.value: "inference_items",
    ItemKind.OPINION.value: "opinions",
    ItemKind.PROJECT.value: "projects",
}


def counted_items(items: QuerySet[Item]) -> QuerySet[Item]:
    """Items that figures count: not void, not transferred."""
    return items.exclude(workflow_state__in=[state.value for state in UNCOUNTED_STATES])


def item_subjects(counted: Iterable[tuple[tuple[str, bool, str], int]]) -> dict[str, StatusTotals]:
    """Figures by subject from counts by kind, reform and completion status; a reform item counts under both."""
    found = {subject: StatusTotals() for subject in ITEM_SUBJECTS}
    for (kind, is_reform, status), count in counted:
        if kind in SUBJECT_OF_KIND:
            found[SUBJECT_OF_KIND[kind]].add(status, count)
        if is_reform:
            found["reform_items"].add(status, count)
    return found
