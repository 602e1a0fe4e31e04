"""The sidebar entries of the ledger."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.roles import BUSINESS_ROLES, OFFICE_ROLES, Role
from core.clock import today
from core.navigation import Entry, Group, register
from remediation import desk, work


def keeps_ledgers(user: Any) -> bool:
    """The ledger administrator."""
    return bool(user.is_authenticated and user.has_role(Role.LEDGER_ADMIN))


def reads_ledgers(user: Any) -> bool:
    """Anybody with a business role."""
    return bool(user.is_authenticated and user.has_role(*BUSINESS_ROLES))


def waiting_at_desk(user: Any) -> int:
    """Imports that were begun and not finished."""
    return desk.open_batches().count()


def works_in_office(user: Any) -> bool:
    """Clerks and office heads."""
    return bool(user.is_authenticated and user.has_role(*OFFICE_ROLES))


def waiting_at_work(user: Any) -> int:
    """Red and yellow measures that the person's offices lead."""
    return work.waiting_count(user, today=today())


register(
    Entry(
        label=_("My office's work"),
        url_name="remediation:work",
        icon="inboxes",
        group=Group.OWN,
        order=5,
        allowed=works_in_office,
        count=waiting_at_work,
        owns=(
            "remediation:measure_report",
            "remediation:measure_note",
            "remediation:measure_correct",
        ),
        tab=5,
        tab_label=_("Work"),
    ),
    Entry(
        label=_("Workbench"),
        url_name="remediation:desk",
        icon="inbox",
        group=Group.OWN,
        order=10,
        allowed=keeps_ledgers,
        count=waiting_at_desk,
        tab=10,
        tab_label=_("Workbench"),
    ),
    Entry(
        label=_("Ledger list"),
        url_name="remediation:measure_list",
        icon="table",
        group=Group.LEDGER,
        order=10,
        allowed=reads_ledgers,
        owns=(
            "remediation:item_list",
            "remediation:item_detail",
            "remediation:list_filter",
            "remediation:measure_bulk",
            "remediation:measure_bulk_result",
        ),
        tab=20,
        tab_label=_("Ledger"),
    ),
    Entry(
        label=_("View by section"),
        url_name="remediation:ledger_tree",
        icon="diagram-3",
        group=Group.LEDGER,
        order=20,
        allowed=reads_ledgers,
    ),
    Entry(
        label=_("Import"),
        url_name="remediation:import_list",
        icon="upload",
        group=Group.LEDGER,
        order=30,
        allowed=keeps_ledgers,
        owns=(
            "remediation:import_detail",
            "remediation:import_mapping",
            "remediation:import_undo",
            "remediation:import_replace",
        ),
    ),
    Entry(
        label=_("Search problems, measures, numbers"),
        url_name="remediation:measure_list",
        icon="search",
        group=Group.SEARCH,
        allowed=reads_ledgers,
    ),
    Entry(
        label=_("Ledgers"),
        url_name="remediation:ledger_list",
        icon="journals",
        group=Group.LEDGER,
        order=50,
        allowed=reads_ledgers,
        owns=(
            "remediation:ledger_detail",
            "remediation:ledger_create",
            "remediation:ledger_edit",
            "remediation:ledger_policy",
            "remediation:ledger_stated",
            "remediation:section_create",
            "remediation:section_edit",
        ),
    ),
    Entry(
        label=_("Counting rules"),
        url_name="remediation:counting_rules",
        icon="calculator",
        group=Group.LEDGER,
        order=90,
        allowed=reads_ledgers,
    ),
    Entry(
        label=_("Working-day calendar"),
        url_name="remediation:calendar",
        icon="calendar3",
        group=Group.LEDGER,
        order=95,
        allowed=reads_ledgers,
    ),
)
