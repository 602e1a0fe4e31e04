"""The office register: offices as a tree, leaders' posts, each on a page of its own. The ledger administrator's."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import register
from accounts.access import roles_required
from accounts.forms.register import OfficeForm, PositionForm, former_name_forms
from accounts.models import Office, OfficeAlias, Portfolio, Position, User
from accounts.roles import Role
from core.clock import today
from core.notation import day as day_words
from core.text import folded
from core.toasts import toast

ledger_admin_only = roles_required(Role.LEDGER_ADMIN)


@dataclass
class OfficeLine:
    """One office as the tree shows it."""

    office: Office
    depth: int
    aliases: list[OfficeAlias]
    leaders: list[str]
    members: int

    @property
    def steps(self) -> range:
        """One for each superior, to indent by."""
        return range(self.depth)

    @property
    def short_names(self) -> list[str]:
        """Other names in use."""
        return [alias.name for alias in self.aliases if not alias.is_former]

    @property
    def former_names(self) -> list[OfficeAlias]:
        """Names of the past."""
        return [alias for alias in self.aliases if alias.is_former]


def office_lines(*, wanted: str = "") -> list[OfficeLine]:
    """Every office below its superior, in four queries; ``wanted`` keeps those one of whose names has it."""
    offices = list(Office.objects.select_related("successor"))
    members = Counter(
        User.objects.filter(is_active=True, office__isnull=False).values_list("office_id", flat=True)
    )
    aliases: dict[int, list[OfficeAlias]] = {}
    for alias in OfficeAlias.objects.all():
        aliases.setdefault(alias.office_id, []).append(alias)
    leaders: dict[int, list[str]] = {}
    for office_id, title in Portfolio.objects.on(today()).values_list("office_id", "position__title"):
        leaders.setdefault(office_id, []).append(title)
    children: dict[int | None, list[Office]] = {}
    for office in offices:
        children.setdefault(office.parent_id, []).append(office)
    lines: list[OfficeLine] = []
    waiting = [(office, 0) for office in reversed(children.get(None, []))]
    while waiting:
        office, depth = waiting.pop()
        lines.append(
            OfficeLine(
                office,
                depth,
                aliases.get(office.pk, []),
                leaders.get(office.pk, []),
                members[office.pk],
            )
        )
        waiting += [(child, depth + 1) for child in reversed(children.get(office.pk, []))]
    key = folded(wanted)
    if not key:
        return lines
    return [
        line
        for line in lines
        if any(key in folded(name) for name in (line.office.name, *(alias.name for alias in line.aliases)))
    ]


@require_safe
@ledger_admin_only
def office_list(request: HttpRequest) -> HttpResponse:
    """The whole register on one page: some dozens to some hundreds of offices."""
    wanted = request.GET.get("q", "").strip()[:100]
    lines = office_lines(wanted=wanted)
    context = {
        "page_title": _("Office register"),
        "lines": lines,
        "wanted": wanted,
        "closed": sum(not line.office.is_active for line in lines),
    }
    return render(request, "accounts/office_list.html", context)


@require_http_methods(["GET", "POST"])
@ledger_admin_only
def office_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make or change an office with its other and former names."""
    office = get_object_or_404(Office.objects.prefetch_related("aliases"), pk=pk) if pk is not None else None
    before = office.name if office is not None else ""
    data = request.POST if request.method == "POST" else None
    offered = {"name": request.GET.get("name", "")[:100]} if office is None else {}
    form = OfficeForm(data, instance=office, initial=offered)
    former = former_name_forms(data, office)
    if data is not None and form.is_valid() and former.is_valid():
        former_names = former.names()
        kept = office and register.name_kept(
            before,
            after=form.cleaned_data["name"],
            listed=[*form.cleaned_data["aliases"], *(name.name for name in former_names)],
            today=today(),
        )
        if kept:
            former_names.append(kept)
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        if office is not None and "name" in changed:
            changed["name"] = f"{before} → {changed['name']}"
        names = [name.name for name in former_names]
        known = [one.name for one in office.aliases.all() if one.is_former] if office is not None else []
        if names != known:
            changed["former_names"] = names
        saved = register.save_office(
            form.save(commit=False),
            aliases=form.cleaned_data["aliases"],
            former_names=former_names,
            changed=changed,
            request=request,
        )
        words = _("Saved: %(name)s") % {"name": saved.name}
        if kept:
            words = _("Saved: %(name)s. “%(former)s” is kept as its former name until %(day)s.") % {
                "name": saved.name,
                "former": kept.name,
                "day": day_words(kept.valid_to),
            }
        toast(request, words)
        return redirect("accounts:office_list")
    title = office.name if office is not None else _("New office")
    context: dict[str, Any] = {
        "page_title": title,
        "form": form,
        "former": former,
        "office": office,
        "crumbs": [(_("Office register"), reverse("accounts:office_list")), (title, "")],
        "back_url": reverse("accounts:office_list"),
        "has_errors": data is not None,
    }
    return render(request, "accounts/office_edit.html", context, status=422 if data is not None else 200)


@require_safe
@ledger_admin_only
def position_list(request: HttpRequest) -> HttpResponse:
    """Every post with its holder and its offices, in two queries."""
    offices: dict[int, list[str]] = {}
    for position_id, name in Portfolio.objects.on(today()).values_list("position_id", "office__name"):
        offices.setdefault(position_id, []).append(name)
    positions = [
        (position, offices.get(position.pk, [])) for position in Position.objects.select_related("holder")
    ]
    context = {"page_title": _("Leaders’ posts"), "positions": positions}
    return render(request, "accounts/position_list.html", context)


@require_http_methods(["GET", "POST"])
@ledger_admin_only
def position_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make or change a post: its holder, and what it is in charge of from which day."""
    position = get_object_or_404(Position, pk=pk) if pk is not None else None
    day = today()
    data = request.POST if request.method == "POST" else None
    form = PositionForm(data, instance=position, today=day)
    if data is not None and form.is_valid():
        saved = register.save_position(
            form.save(commit=False),
            offices=list(form.cleaned_data["offices"]),
            from_day=form.cleaned_data["from_day"],
            today=day,
            changed={name: _shown(form.cleaned_data[name]) for name in form.changed_data},
            request=request,
        )
        toast(request, _("Saved: %(name)s") % {"name": saved.title})
        return redirect("accounts:position_list")
    title = position.title if position is not None else _("New post")
    history = (
        Portfolio.objects.filter(position=position, valid_to__lt=day)
        .select_related("office")
        .order_by("-valid_to")
        if position is not None
        else []
    )
    context: dict[str, Any] = {
        "page_title": title,
        "form": form,
        "history": history,
        "crumbs": [(_("Leaders’ posts"), reverse("accounts:position_list")), (title, "")],
        "back_url": reverse("accounts:position_list"),
    }
    return render(request, "accounts/position_edit.html", context, status=422 if data is not None else 200)


def _shown(value: Any) -> str:
    if hasattr(value, "values_list"):
        return "、".join(str(one) for one in value)
    return str(value)
