"""The office register and the list of posts as name books, with what the user answered about unknown names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.models import Office, OfficeAlias, OfficeKind, Position
from core.text import folded
from remediation.importing.names import NameBook

Answers = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass
class Register:
    """Offices and posts by name; ``answers`` are already entered, and unknown names are creations where asked."""

    offices: NameBook
    positions: NameBook


def read_register(
    *, year: int | None, answers: Answers | None = None, create_missing: bool = False
) -> Register:
    """Both name books in three queries. Offices are shown under the name valid in ``year``."""
    offices, positions = NameBook(), NameBook()
    rows = Office.objects.order_by("order", "pk").select_related("successor").prefetch_related("aliases")
    for office in rows:
        writings = [office.name, *(alias.name for alias in office.aliases.all())]
        offices.add(office.pk, office.name_in(year), writings)
        if not office.is_active:
            offices.gone[office.pk] = office.successor.name if office.successor else ""
    for position in Position.objects.order_by("order", "pk"):
        positions.add(position.pk, position.title, position.former_titles)
    register = Register(offices, positions)
    _enter_answers(offices, (answers or {}).get("office", {}))
    _enter_answers(positions, (answers or {}).get("position", {}))
    offices.creates_unknown = positions.creates_unknown = create_missing
    return register


def _enter_answers(book: NameBook, answers: Mapping[str, Mapping[str, Any]]) -> None:
    """``{name: {"is": id}}`` or ``{name: {"create": True}}``; an answer about a vanished entry is dropped."""
    for name, answer in answers.items():
        known = answer.get("is")
        if known in book.shown:
            book.add(known, book.shown[known], [name])
        elif answer.get("create"):
            book.add_new(name)


def create_new_names(register: Register) -> dict[str, dict[int, int]]:
    """Create what the plan needs (negative ids) and tell which id each became: ``{"office": ..., "position": ...}``."""
    organ = Office.objects.filter(kind=OfficeKind.ORGAN, parent=None).order_by("order", "pk").first()
    offices = {
        identity: Office.objects.create(name=name[:100], parent=organ, order=1000).pk
        for identity, name in register.offices.new_names.items()
    }
    positions = {
        identity: Position.objects.create(title=name[:100], order=1000).pk
        for identity, name in register.positions.new_names.items()
    }
    return {"office": offices, "position": positions}


def remember_aliases(answers: Answers | None) -> tuple[str, ...]:
    """Write the aliases that were ticked 记为别名; returns those that are new."""
    written: list[str] = []
    for name, answer in (answers or {}).get("office", {}).items():
        known = answer.get("is")
        taken = Office.objects.filter(name=name).exists() or OfficeAlias.objects.filter(name=name).exists()
        if answer.get("alias") and known and not taken and Office.objects.filter(pk=known).exists():
            OfficeAlias.objects.create(office_id=known, name=name[:100])
            written.append(name)
    for name, answer in (answers or {}).get("position", {}).items():
        known = answer.get("is")
        position = Position.objects.filter(pk=known).first() if answer.get("alias") and known else None
        if position and folded(name) not in {
            folded(title) for title in (position.title, *position.former_titles)
        }:
            position.former_titles = [*position.former_titles, name]
            position.save(update_fields=["former_titles", "updated_at"])
            written.append(name)
    return tuple(written)
