"""Committing an office register: the plan made anew and written in one transaction, or nothing."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import audit_events
from accounts.importing.drafts import fingerprint
from accounts.importing.office_plan import plan_register
from accounts.importing.register_plan import OfficePlan, PositionPlan, RegisterPlan
from accounts.importing.tables import Outcome, Row
from accounts.models import Office, OfficeAlias, Portfolio, Position
from core import audit
from core.text import folded


class RegisterChanged(Exception):
    """The register is not what it was at the preview: look at the new preview first."""


class RegisterWrong(Exception):
    """The rows have errors; nothing was written."""

    def __init__(self, plan: RegisterPlan) -> None:
        super().__init__(len(plan.errors))
        self.plan = plan


def commit_register(
    rows: dict[str, list[Row]],
    *,
    today: date,
    previewed: str | None = None,
    request: HttpRequest | None = None,
    via: str = "",
    file_name: str = "",
) -> RegisterPlan:
    """Write the register; the same rows a second time write nothing.

    ``previewed`` is the fingerprint of the plan that somebody looked at. Raises ``RegisterWrong`` or
    ``RegisterChanged``.
    """
    try:
        with transaction.atomic():
            plan = plan_register(rows, today=today)
            if plan.errors:
                raise RegisterWrong(plan)
            if previewed is not None and fingerprint(plan.lines()) != previewed:
                raise RegisterChanged
            if not plan.changes_nothing:
                _write(plan, today=today)
            audit.record(
                audit_events.OFFICES_IMPORTED,
                request=request,
                actor_name=via,
                target=file_name,
                offices=plan.counts(plan.offices),
                positions=plan.counts(plan.positions),
            )
    except IntegrityError as error:
        # Somebody wrote the same names between the plan and the writing.
        raise RegisterChanged from error
    return plan


def _write(plan: RegisterPlan, *, today: date) -> None:
    positions = {folded(position.title): position for position in Position.objects.all()}
    for position_plan in plan.positions:
        position = _write_position(position_plan)
        positions[folded(position.title)] = position
    offices = {folded(office.name): office for office in Office.objects.all()}
    for office_plan in plan.offices:
        office = _write_office(office_plan)
        offices[folded(office.name)] = office
    for office_plan in plan.offices:
        office = offices[folded(office_plan.name)]
        parent = offices[office_plan.parent] if office_plan.parent else None
        if parent is not None and office.parent_id != parent.pk:
            office.parent = parent
            office.save(update_fields=["parent", "updated_at"])
        if office_plan.leaders:
            _put_in_charge(office, [positions[title] for title in office_plan.leaders], today=today)


def _write_position(plan: PositionPlan) -> Position:
    if plan.existing is None:
        return Position.objects.create(**plan.values)
    if plan.outcome is Outcome.CHANGED:
        for name, value in plan.values.items():
            setattr(plan.existing, name, value)
        plan.existing.save(update_fields=[*plan.values, "updated_at"])
    return plan.existing


def _write_office(plan: OfficePlan) -> Office:
    office = plan.existing
    if office is None:
        office = Office.objects.create(**plan.values)
    elif plan.values:
        for name, value in plan.values.items():
            setattr(office, name, value)
        # A name that becomes the present one is no longer another name; that it was one until a day stays.
        own = OfficeAlias.objects.filter(office=office, name=office.name)
        own.exclude(is_former=True, valid_to__isnull=False).delete()
        office.save(update_fields=[*plan.values, "updated_at"])
    present = {folded(alias.name): alias for alias in OfficeAlias.objects.filter(office=office)}
    for other in plan.names:
        alias = present.get(folded(other.name))
        if alias is None:
            OfficeAlias.objects.create(
                office=office, name=other.name, is_former=other.is_former, valid_to=other.valid_to
            )
            continue
        valid_to = (other.valid_to or alias.valid_to) if other.is_former else None
        if (alias.is_former, alias.valid_to) != (other.is_former, valid_to):
            alias.is_former, alias.valid_to = other.is_former, valid_to
            alias.save(update_fields=["is_former", "valid_to"])
    return office


def _put_in_charge(office: Office, positions: list[Position], *, today: date) -> None:
    """From today on these posts are in charge of the office; the former ones until yesterday."""
    wanted = {position.pk for position in positions}
    present = list(Portfolio.objects.on(today).filter(office=office))
    for portfolio in present:
        if portfolio.position_id in wanted:
            continue
        if portfolio.valid_from is not None and portfolio.valid_from >= today:
            # In charge since today: corrected, not followed by another.
            portfolio.delete()
        else:
            portfolio.valid_to = today - timedelta(days=1)
            portfolio.save(update_fields=["valid_to"])
    begins = today if present else None
    held = {portfolio.position_id for portfolio in present}
    Portfolio.objects.bulk_create(
        Portfolio(office=office, position=position, valid_from=begins)
        for position in positions
        if position.pk not in held
    )


__all__ = ["RegisterChanged", "RegisterWrong", "commit_register"]
