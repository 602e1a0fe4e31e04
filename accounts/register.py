"""Keeping the register by hand: offices with their names, leaders' posts with what they are in charge of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import audit_events
from accounts.models import Office, OfficeAlias, Portfolio, Position, User
from accounts.roles import Role
from core import audit
from core.decisions import ALLOWED, Decision, denied
from core.text import folded


@dataclass(frozen=True)
class FormerName:
    """A name that an office had until a day."""

    name: str
    valid_to: date
    valid_from: date | None = None


def can_keep_register(user: User) -> Decision:
    """The ledger administrator keeps offices and posts."""
    if not user.has_role(Role.LEDGER_ADMIN):
        return denied(_("The office register is kept by the ledger administrator."))
    return ALLOWED


def owner_of_name(name: str, *, besides: Office | None = None) -> Office | None:
    """The other office that has ``name`` as its own or as another name (two queries)."""
    key = folded(name)
    offices = {folded(office.name): office for office in Office.objects.all()}
    aliases = OfficeAlias.objects.select_related("office")
    for found, office in [*offices.items(), *((folded(alias.name), alias.office) for alias in aliases)]:
        if found == key and (besides is None or office.pk != besides.pk):
            return office
    return None


def name_kept(before: str, *, after: str, listed: Iterable[str], today: date) -> FormerName | None:
    """The former name that a renamed office keeps, so that older ledgers are read; ``None`` where nothing is lost.

    ``listed`` are the other and former names that are saved with it: what somebody has entered stands.
    """
    if folded(before) in {folded(name) for name in (after, *listed)}:
        return None
    return FormerName(before, today - timedelta(days=1))


def save_office(
    office: Office,
    *,
    aliases: Iterable[str],
    former_names: Sequence[FormerName],
    changed: Mapping[str, Any],
    request: HttpRequest | None = None,
) -> Office:
    """Write an office with all its other names; ``changed`` is told to the audit log."""
    is_new = office.pk is None
    with transaction.atomic():
        office.save()
        wanted: dict[str, OfficeAlias] = {
            folded(name): OfficeAlias(office=office, name=name) for name in aliases
        }
        for former in former_names:
            wanted[folded(former.name)] = OfficeAlias(
                office=office,
                name=former.name,
                is_former=True,
                valid_from=former.valid_from,
                valid_to=former.valid_to,
            )
        # Its present name is no other one, unless it had it before, and yet another since.
        present_name = wanted.get(folded(office.name))
        if present_name is not None and not present_name.is_former:
            del wanted[folded(office.name)]
        present = {folded(alias.name): alias for alias in OfficeAlias.objects.filter(office=office)}
        OfficeAlias.objects.filter(
            pk__in=[alias.pk for key, alias in present.items() if key not in wanted]
        ).delete()
        for key, alias in wanted.items():
            if key in present:
                alias.pk, alias.created_at = present[key].pk, present[key].created_at
            alias.save()
        audit.record(
            audit_events.OFFICE_CREATED if is_new else audit_events.OFFICE_CHANGED,
            request=request,
            target=office.name,
            changes={name: str(value) for name, value in changed.items()},
        )
    return office


def save_position(
    position: Position,
    *,
    offices: Sequence[Office],
    from_day: date | None,
    today: date,
    changed: Mapping[str, Any],
    request: HttpRequest | None = None,
) -> Position:
    """Write a post and the offices that it is in charge of.

    Offices that are added begin on ``from_day`` (always, when there is none); those left out end on the day before
    it (yesterday, when there is none).
    """
    is_new = position.pk is None
    with transaction.atomic():
        position.save()
        wanted = {office.pk: office for office in offices}
        present = list(Portfolio.objects.on(today).filter(position=position))
        last_day = (from_day or today) - timedelta(days=1)
        for portfolio in present:
            if portfolio.office_id in wanted:
                continue
            if portfolio.valid_from is not None and portfolio.valid_from > last_day:
                portfolio.delete()
            else:
                portfolio.valid_to = last_day
                portfolio.save(update_fields=["valid_to"])
        kept = {portfolio.office_id for portfolio in present}
        Portfolio.objects.bulk_create(
            Portfolio(position=position, office=office, valid_from=from_day)
            for pk, office in wanted.items()
            if pk not in kept
        )
        audit.record(
            audit_events.POSITION_CREATED if is_new else audit_events.POSITION_CHANGED,
            request=request,
            target=position.title,
            changes={name: str(value) for name, value in changed.items()},
        )
    return position
