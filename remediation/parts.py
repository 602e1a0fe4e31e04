"""``Part``: whose rows of a ledger are counted; one vocabulary for figures that are counted and that are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from accounts.models import User, office_tree
from accounts.models.office import OfficeTree
from accounts.roles import Role
from remediation.models import ItemOffice, Measure, MeasureOffice
from remediation.states import DutyRole

if TYPE_CHECKING:
    from remediation.models.item import ItemQuerySet
    from remediation.models.measure import MeasureQuerySet

NOBODY: frozenset[int] = frozenset()
WHOLE_KEY = "whole"


@dataclass(frozen=True)
class Part:
    """The rows for which one of ``offices`` answers (in ``role``, or in either) or a holder of ``positions``.

    ``offices`` ``None`` is the whole ledger. Each row counts once, however many of the offices answer for it.
    """

    offices: frozenset[int] | None = None
    positions: frozenset[int] = NOBODY
    role: str = ""

    @classmethod
    def of_office(cls, office_id: int, role: str = "") -> Part:
        """What one office answers for, by itself."""
        return cls(frozenset([office_id]), role=role)

    @classmethod
    def below(cls, tree: OfficeTree, office_id: int, role: str = "") -> Part:
        """What an office and those below it answer for."""
        return cls(frozenset(tree.below([office_id])), role=role)

    @classmethod
    def seen_by(cls, user: User) -> Part:
        """What this person may read (``visible_to``)."""
        if user.sees_everything:
            return WHOLE
        return cls(user.scope_office_ids, user.scope_position_ids)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out."""
        return self.offices is None

    @property
    def key(self) -> str:
        """The part in one word, for keeping."""
        if self.offices is None:
            return WHOLE_KEY
        return "|".join((numbers(self.offices), numbers(self.positions), self.role))

    @classmethod
    def from_key(cls, key: str) -> Part:
        """The part that ``key`` names."""
        if key == WHOLE_KEY:
            return WHOLE
        offices, positions, role = key.split("|")
        return cls(ids(offices), ids(positions), role)

    @property
    def office_id(self) -> int | None:
        """The office, where the part is what one office answers for."""
        if self.offices is None or len(self.offices) != 1 or self.positions:
            return None
        return next(iter(self.offices))

    # -- the rows, in SQL ----------------------------------------------------------------------------------------------

    def measures(self, measures: MeasureQuerySet) -> MeasureQuerySet:
        """``measures`` narrowed to the part."""
        if self.offices is None:
            return measures
        found = Q()
        if self.offices:
            duties = MeasureOffice.objects.filter(measure=OuterRef("pk"), office__in=self.offices)
            found |= Q(Exists(duties.filter(role=self.role) if self.role else duties))
        if self.positions:
            found |= Q(leader__in=self.positions) | Q(item__leader__in=self.positions)
        return measures.filter(found) if found else measures.none()

    def items(self, items: ItemQuerySet) -> ItemQuerySet:
        """``items`` narrowed to those with a measure of the part, or that their own offices or leader answer for."""
        if self.offices is None:
            return items
        found = Q()
        if self.offices:
            duties = MeasureOffice.objects.filter(item=OuterRef("pk"), office__in=self.offices)
            own = ItemOffice.objects.filter(item=OuterRef("pk"), office__in=self.offices)
            if self.role:
                duties = duties.filter(role=self.role, measure__is_counted=True)
                own = own.filter(role=self.role)
            found |= Q(Exists(duties)) | Q(Exists(own))
        if self.positions:
            answered = Measure.objects.filter(item=OuterRef("pk"), leader__in=self.positions)
            found |= Q(leader__in=self.positions) | Q(Exists(answered))
        return items.filter(found) if found else items.none()

    # -- one row, in Python --------------------------------------------------------------------------------------------

    def holds_measure(
        self, *, lead: Iterable[int], assisting: Iterable[int], leaders: Iterable[int | None]
    ) -> bool:
        """Whether a measure of these offices, and these leaders of its own and of its item, is in the part."""
        if self.offices is None:
            return True
        answering = {"lead": tuple(lead), "assisting": tuple(assisting)}
        named = answering[self.role] if self.role else (*answering["lead"], *answering["assisting"])
        return not self.offices.isdisjoint(named) or not self.positions.isdisjoint(leaders)


WHOLE = Part()


def numbers(ids: Iterable[int]) -> str:
    """``1,5,9``."""
    return ",".join(map(str, sorted(ids)))


def ids(text: str) -> frozenset[int]:
    """What ``numbers`` made a word of."""
    return frozenset(map(int, text.split(","))) if text else NOBODY


def parts_of_organ() -> list[Part]:
    """Every part that somebody's pages count, beside the whole and the single offices: scopes of several offices.

    Offices with others below them (in either role and in each), and what each leader sees.
    """
    tree = office_tree()
    parts: dict[Part, None] = {}
    for office in sorted(tree.superiors()):
        for role in ("", *DutyRole.values):
            parts[Part.below(tree, office, role)] = None
    leaders = User.objects.filter(is_active=True, groups__name=Role.LEADER).order_by("pk")
    for leader in leaders:
        if not leader.sees_everything:
            parts[Part.seen_by(leader)] = None
    return list(parts)
