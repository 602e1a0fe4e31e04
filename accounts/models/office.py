"""``Office``: the tree of units that can owe work, with the other names that ledgers write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.models import Timestamped


class OfficeKind(models.TextChoices):
    """What sort of unit an office is (glossary, section 1)."""

    ORGAN = "organ", _("Organ")
    INTERNAL = "internal", _("Internal office")
    AFFILIATED = "affiliated", _("Affiliated unit")
    RESIDENT = "resident", _("Resident body")
    EXTERNAL = "external", _("Outside body")


@dataclass(frozen=True)
class OfficeTree:
    """The office tree in memory: some dozens to some hundreds of rows, read in one query."""

    parents: dict[int, int | None]

    def below(self, office_ids: Iterable[int]) -> set[int]:
        """``office_ids`` and every office below one of them."""
        children: defaultdict[int | None, list[int]] = defaultdict(list)
        for office, parent in self.parents.items():
            children[parent].append(office)
        found: set[int] = set()
        waiting = list(office_ids)
        while waiting:
            office = waiting.pop()
            if office not in found:
                found.add(office)
                waiting.extend(children[office])
        return found

    def superiors(self) -> set[int]:
        """The offices that have others below them."""
        return {parent for parent in self.parents.values() if parent is not None}

    def above(self, office_id: int) -> list[int]:
        """The offices above ``office_id``, nearest first, without itself."""
        chain: list[int] = []
        parent = self.parents.get(office_id)
        while parent is not None and parent not in chain:
            chain.append(parent)
            parent = self.parents.get(parent)
        return chain


def office_tree() -> OfficeTree:
    """Read the tree (one query)."""
    return OfficeTree(dict(Office.objects.order_by().values_list("pk", "parent_id")))


class OfficeQuerySet(models.QuerySet["Office"]):
    """Offices."""

    def active(self) -> OfficeQuerySet:
        """Those that still exist."""
        return self.filter(is_active=True)


class Office(Timestamped):
    """A unit of the organ: the organ itself, an internal office, an affiliated unit, a resident or an outside body."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=OfficeKind, default=OfficeKind.INTERNAL)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("superior office"),
    )
    order = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    successor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="predecessors",
        verbose_name=_("successor"),
    )
    remark = models.CharField(_("remark"), max_length=200, blank=True)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="office_not_own_parent",
                violation_error_message=_("An office cannot be its own superior."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def name_in(self, day: date | int | None) -> str:
        """The name valid on ``day`` (a date, or a year: its last day); the present name when ``None``.

        Reads ``self.aliases.all()``, so prefetch it for lists.
        """
        if day is None:
            return self.name
        if isinstance(day, int):
            day = date(day, 12, 31)
        former = [a for a in self.aliases.all() if a.is_former and (a.valid_to is None or a.valid_to >= day)]
        former = [a for a in former if a.valid_from is None or a.valid_from <= day]
        if not former:
            return self.name
        return min(former, key=lambda alias: alias.valid_to or date.max).name


class OfficeAlias(models.Model):
    """Another name of an office: a short name, or a former one that stood until ``valid_to``.

    A name is known once: two offices cannot share it, or a ledger could not be read.
    """

    office = models.ForeignKey(Office, models.CASCADE, related_name="aliases", verbose_name=_("office"))
    name = models.CharField(_("name"), max_length=100, unique=True)
    is_former = models.BooleanField(_("former name"), default=False)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["office", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_from__isnull=True)
                | models.Q(valid_to__isnull=True)
                | models.Q(valid_from__lte=models.F("valid_to")),
                name="alias_dates_in_order",
                violation_error_message=_("A name cannot end before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
