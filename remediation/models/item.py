"""``Item``: a problem (or opinion, suggestion, project) of a ledger that is worked off and struck off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Timestamped
from remediation.states import CompletionStatus, DutyRole, ItemKind, WorkflowState

if TYPE_CHECKING:
    from accounts.models import User


class ItemQuerySet(models.QuerySet["Item"]):
    """Items."""

    def live(self) -> ItemQuerySet:
        """Those that have not been voided."""
        return self.exclude(workflow_state=WorkflowState.VOIDED)

    def visible_to(self, user: User) -> ItemQuerySet:
        """Those that this person may read: one of their measures is in scope, or their own offices or leader are."""
        from remediation.scope import items_visible_to

        return items_visible_to(self, user)


class Item(Timestamped):
    """One item of a ledger.

    Its completion status, offices and deadline follow from its measures (``remediation.counting``); an item without
    measures (an opinion) carries its own ``reported_status`` and offices.
    """

    # Without indexes of their own: others begin with them.
    ledger = models.ForeignKey(
        "remediation.Ledger", models.PROTECT, related_name="items", db_index=False, verbose_name=_("ledger")
    )
    section = models.ForeignKey(
        "remediation.Section",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        db_index=False,
        verbose_name=_("section"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=ItemKind, default=ItemKind.SPECIFIC_PROBLEM)
    number = models.CharField(_("number"), max_length=20, blank=True)
    # The sheet's own word for the kind (整改类型).
    type_text = models.CharField(_("type as written"), max_length=50, blank=True)
    problem = models.TextField(_("problem"))
    cause = models.TextField(_("cause"), blank=True)
    goal = models.TextField(_("goal"), blank=True)
    leader = models.ForeignKey(
        "accounts.Position",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        verbose_name=_("responsible leader"),
    )
    inferred_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="inferences",
        verbose_name=_("inferred from"),
    )
    is_reform_item = models.BooleanField(_("reform item"), default=False)
    # Only for an item without measures.
    reported_status = models.CharField(
        _("reported status"), max_length=20, choices=CompletionStatus, default=CompletionStatus.NOT_STARTED
    )
    due_date = models.DateField(_("deadline"), null=True, blank=True)
    deadline_text = models.CharField(_("deadline as written"), max_length=200, blank=True)
    # 基本完成 by declaration at review (product text 9.2).
    declared_basically_completed = models.BooleanField(_("declared basically completed"), default=False)
    workflow_state = models.CharField(
        _("workflow state"), max_length=20, choices=WorkflowState, default=WorkflowState.HANDLING
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    offices = models.ManyToManyField(
        "accounts.Office", through="remediation.ItemOffice", related_name="items", verbose_name=_("offices")
    )
    order = models.PositiveIntegerField(_("order"), default=0)
    # The problem after NFKC without white space, hashed: how an import recognises it.
    key = models.CharField(_("key"), max_length=64, editable=False)
    batch = models.ForeignKey(
        "remediation.ImportBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="new_items",
        editable=False,
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = ItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering = ["ledger", "order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(problem=""),
                name="item_has_problem",
                violation_error_message=_("The problem is empty."),
            ),
            models.CheckConstraint(
                condition=~models.Q(inferred_from=models.F("id")), name="item_not_own_origin"
            ),
            models.CheckConstraint(condition=models.Q(round__gte=1), name="item_round_from_one"),
        ]
        indexes = [
            models.Index(fields=["ledger", "order"], name="item_ledger_order"),
            # All that the tree asks in order to find the first items of an opened section, so that it reads no other.
            models.Index(
                fields=["section", "order", "id", "workflow_state", "ledger"], name="item_section_order"
            ),
            # Few items are any: the list of them begins here instead of going through all measures.
            models.Index(fields=["ledger"], name="item_reform", condition=models.Q(is_reform_item=True)),
        ]

    def __str__(self) -> str:
        return self.problem[:40]

    @property
    def is_closed(self) -> bool:
        """Whether the item has been struck off: its number is lined through everywhere."""
        return self.workflow_state == WorkflowState.CLOSED


class ItemOffice(models.Model):
    """An office that answers for an item that has no measures, in the order written."""

    item = models.ForeignKey(Item, models.CASCADE, related_name="duties")
    office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="item_duties")
    role = models.CharField(_("role"), max_length=10, choices=DutyRole)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)

    class Meta:
        verbose_name = _("item office")
        verbose_name_plural = _("item offices")
        ordering = ["role", "rank"]
        constraints = [models.UniqueConstraint(fields=["item", "office"], name="item_office_once")]
