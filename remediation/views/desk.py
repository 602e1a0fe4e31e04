"""The ledger administrator's home, and the pages of a ledger: facts, policy, stated totals, sections."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Role
from core import audit
from core.clock import today
from core.models import CalendarDay
from core.toasts import toast
from remediation import desk
from remediation.audited import Facts, facts_of, turned
from remediation.context import person
from remediation.counting.ledgers import TOTAL_KEYS, ledger_totals
from remediation.editing import archive_ledger
from remediation.forms.ledger import (
    LedgerForm,
    PolicyForm,
    SectionForm,
    StatedTotalForm,
    save_stated_totals,
    stated_total_forms,
)
from remediation.lights import LightRule
from remediation.links import measures_url, subject_url
from remediation.models import ImportBatch, Item, Ledger, Measure, Section, StatedTotal
from remediation.numbering import item_number
from remediation.permissions import can_edit_ledger
from remediation.recording import mark_changed
from remediation.stated import ComparedTotal, Figure, compared_totals
from remediation.states import CompletionStatus


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: an empty post is refused by the form, a GET shows it fresh."""
    return request.POST if request.method == "POST" else None


def require_ledger_admin(request: HttpRequest) -> User:
    """The ledger administrator, or 404: what one may never do is not shown."""
    user = person(request)
    if not user.has_role(Role.LEDGER_ADMIN):
        raise Http404
    return user


def editable_ledger(request: HttpRequest, pk: int) -> tuple[User, Ledger]:
    """The ledger, for somebody who may change it; an archived one is refused with its reason."""
    user = require_ledger_admin(request)
    ledger = get_object_or_404(Ledger.objects.visible_to(user), pk=pk)
    can_edit_ledger(user, ledger).require()
    return user, ledger


@login_required
@require_safe
def desk_home(request: HttpRequest) -> HttpResponse:
    """工作台: imports, what has no deadline or no office, ledgers."""
    require_ledger_admin(request)
    day, calendar = today(), CalendarDay.objects.work_calendar()
    rule = LightRule.build(day, calendar)
    lines = desk.ledger_lines(Ledger.objects.open(), Measure.objects.filter(ledger__archived_at=None), rule)
    missing_year = desk.missing_calendar_year(day, calendar)
    ledgers = [line.ledger.pk for line in lines]
    listed = ImportBatch.objects.without_preview().select_related("ledger", "user")
    context = {
        "page_title": _("Workbench"),
        "lines": lines,
        "without_deadline": desk.without_deadline().count(),
        "without_lead_office": desk.without_lead_office().count(),
        "without_leader": desk.without_leader().count(),
        "batches": listed.filter(state__in=desk.OPEN_BATCHES)[:10],
        "recent": listed.exclude(state__in=desk.OPEN_BATCHES)[:5],
        "batch_count": desk.open_batches().count(),
        "missing_year": missing_year,
        "missing_year_text": str(missing_year),
        "urls": {
            "no_deadline": measures_url(ledger=ledgers, no_deadline=1, open=1),
            "no_office": measures_url(ledger=ledgers, no_office=1, open=1),
            "no_leader": measures_url(ledger=ledgers, no_leader=1, open=1),
            "imports": reverse("remediation:import_list"),
        },
    }
    return render(request, "remediation/desk/home.html", context)


@login_required
@require_safe
def ledger_list(request: HttpRequest) -> HttpResponse:
    """All ledgers that the reader sees, open and archived, with their figures."""
    user = person(request)
    rule = LightRule.build(today(), CalendarDay.objects.work_calendar())
    lines = desk.ledger_lines(
        Ledger.objects.visible_to(user), Measure.objects.visible_to(user).counted(), rule
    )
    context = {
        "page_title": _("Ledgers"),
        "open_lines": [line for line in lines if not line.ledger.is_archived],
        "archived_lines": [line for line in lines if line.ledger.is_archived],
        "may_edit": user.has_role(Role.LEDGER_ADMIN),
    }
    return render(request, "remediation/desk/ledger_list.html", context)


@login_required
@require_safe
def ledger_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """A ledger: its facts, the stated totals beside the computed ones, its policy, its sections."""
    user = person(request)
    ledger = get_object_or_404(Ledger.objects.visible_to(user).select_related("companion"), pk=pk)
    rule = LightRule.build(today(), CalendarDay.objects.work_calendar())
    everything = user.sees_everything or Ledger.objects.with_rates_for(user).filter(pk=pk).exists()
    context = {
        "page_title": ledger.title,
        "crumbs": [(_("Ledgers"), reverse("remediation:ledger_list")), (ledger.title, "")],
        "back_url": reverse("remediation:ledger_list"),
        "ledger": ledger,
        "reminders": desk.reminder_words(ledger),
        "comparison": compared_lines(ledger, rule, linked=user.sees_everything) if everything else [],
        "edit": can_edit_ledger(user, ledger),
        "may_edit": user.has_role(Role.LEDGER_ADMIN),
        "sections": section_lines(ledger),
    }
    return render(request, "remediation/desk/ledger_detail.html", context)


def compared_lines(
    ledger: Ledger, rule: LightRule, *, linked: bool
) -> list[tuple[ComparedTotal, list[tuple[Figure, str]]]]:
    """Each subject's figures with the lists behind them, where the reader sees every row that was counted."""
    statuses = [None, *reversed(CompletionStatus)]
    lines = []
    for line in compared_totals(ledger, ledger_totals(ledger, rule)):
        figures = (
            line.total,
            line.completed,
            line.basically_completed,
            line.in_progress,
            Figure(line.not_started, None),
        )
        urls = [
            subject_url(line.subject, ledger=ledger.pk, status=status) if linked and figure.computed else ""
            for figure, status in zip(figures, statuses, strict=True)
        ]
        lines.append((line, list(zip(figures, urls, strict=True))))
    return lines


def section_lines(ledger: Ledger) -> list[tuple[int, Section]]:
    """The section tree as a list with the depth of each."""
    children: dict[int | None, list[Section]] = {}
    for section in ledger.sections.order_by("order", "pk"):
        children.setdefault(section.parent_id, []).append(section)

    def walk(parent: int | None, depth: int) -> list[tuple[int, Section]]:
        lines: list[tuple[int, Section]] = []
        for section in children.get(parent, ()):
            lines += [(depth, section), *walk(section.pk, depth + 1)]
        return lines

    return walk(None, 0)


@login_required
@require_http_methods(["GET", "POST"])
def ledger_edit(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Create a ledger or change its facts."""
    if pk is None:
        require_ledger_admin(request)
        ledger = Ledger()
    else:
        _user, ledger = editable_ledger(request, pk)
    before = facts_of(ledger, LedgerForm.Meta.fields)
    form = LedgerForm(posted(request), instance=ledger)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            told(
                request,
                "ledger_edited" if pk else "ledger_created",
                target=saved.title,
                changes=turned(before, facts_of(saved, LedgerForm.Meta.fields)),
            )
        toast(request, _("Saved: %(title)s") % {"title": saved.title})
        return redirect("remediation:ledger_detail", saved.pk)
    return edit_page(
        request, form=form, ledger=ledger if pk else None, title=_("Ledger facts") if pk else _("New ledger")
    )


@login_required
@require_http_methods(["GET", "POST"])
def ledger_policy(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a ledger's policy."""
    _user, ledger = editable_ledger(request, pk)
    before = facts_of(ledger, PolicyForm.facts)
    form = PolicyForm(posted(request), instance=ledger)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            changes = turned(before, facts_of(saved, PolicyForm.facts))
            told(request, "ledger_policy_edited", target=saved.title, changes=changes)
            mark_changed(ledger.pk)  # thresholds change the lights of snapshots too
        toast(request, _("Policy saved"))
        return redirect("remediation:ledger_detail", ledger.pk)
    context = {"form": form, **page_of(ledger, _("Policy"))}
    return render(request, "remediation/desk/policy.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def ledger_stated(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter what the ledger's document states (公布数)."""
    _user, ledger = editable_ledger(request, pk)
    before = stated_facts(ledger)
    forms = stated_total_forms(ledger, posted(request))
    refused = [form for form in forms if form.is_bound and not form.is_valid()]
    if request.method == "POST" and not refused:
        with transaction.atomic():
            save_stated_totals(forms)
            after = stated_facts(ledger)
            changes = {
                subject: changed
                for subject, facts in after.items()
                if (changed := turned(before[subject], facts))
            }
            told(request, "ledger_stated_edited", target=ledger.title, changes=changes)
        toast(request, _("Stated totals saved"))
        return redirect("remediation:ledger_detail", ledger.pk)
    problems = [
        (form.subject_label, field, error) for form in refused for field in form for error in field.errors
    ]
    context = {"forms": forms, "problems": problems, **page_of(ledger, _("Stated totals"))}
    return render(request, "remediation/desk/stated.html", context, status=422 if refused else 200)


@login_required
@require_POST
def ledger_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Archive a ledger (read-only, no reminders), or open it again."""
    user = require_ledger_admin(request)
    ledger = get_object_or_404(Ledger.objects.visible_to(user), pk=pk)
    archived = request.POST.get("archived") == "1"
    if archive_ledger(ledger.pk, actor=user, archived=archived):
        event = "ledger_archived" if archived else "ledger_opened_again"
        audit.record(event, request=request, target=ledger.title)
    words = _("Archived: %(title)s") if archived else _("Opened again: %(title)s")
    toast(request, words % {"title": ledger.title})
    return redirect("remediation:ledger_detail", ledger.pk)


@login_required
@require_http_methods(["GET", "POST"])
def section_edit(request: HttpRequest, ledger_pk: int, pk: int | None = None) -> HttpResponse:
    """Create a section of a ledger or change it."""
    _user, ledger = editable_ledger(request, ledger_pk)
    section = get_object_or_404(ledger.sections, pk=pk) if pk else Section(ledger=ledger)
    before = facts_of(section, SectionForm.Meta.fields)
    form = SectionForm(posted(request), instance=section)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            saved = form.save()
            told(
                request,
                "section_edited" if pk else "section_created",
                target=f"{ledger.title} · {saved.title}",
                changes=turned(before, facts_of(saved, SectionForm.Meta.fields)),
            )
        toast(request, _("Saved: %(title)s") % {"title": saved.title})
        return redirect(reverse("remediation:ledger_detail", args=[ledger.pk]) + "#sections")
    return edit_page(request, form=form, ledger=ledger, title=_("Section") if pk else _("New section"))


def told(request: HttpRequest, event: str, *, target: str, changes: dict[str, Any]) -> None:
    """Tell the audit log what was and what is now; nothing when nothing changed."""
    if changes:
        audit.record(event, request=request, target=target, changes=changes)


def stated_facts(ledger: Ledger) -> dict[str, Facts]:
    """What is stated of each subject, as the audit log says it."""
    known = {stated.subject: stated for stated in StatedTotal.objects.filter(ledger=ledger)}
    return {
        f"stated.{subject}": facts_of(known.get(subject, StatedTotal()), StatedTotalForm.Meta.fields)
        for subject in TOTAL_KEYS
    }


def page_of(ledger: Ledger | None, title: str, *, item: Item | None = None) -> dict[str, Any]:
    """What every form page below a ledger needs: title, breadcrumb, and where 取消 and the phone's arrow lead."""
    crumbs = [(_("Ledgers"), reverse("remediation:ledger_list"))]
    if ledger is not None:
        crumbs.append((ledger.title, reverse("remediation:ledger_detail", args=[ledger.pk])))
    if item is not None:
        crumbs.append((str(item_number(item)), reverse("remediation:item_detail", args=[item.pk])))
    back = crumbs[-1][1]
    return {
        "page_title": title,
        "crumbs": [*crumbs, (title, "")],
        "back_url": back,
        "cancel_url": back,
        "ledger": ledger,
        "item": item,
    }


def edit_page(
    request: HttpRequest, *, form: Any, ledger: Ledger | None, title: str, item: Item | None = None
) -> HttpResponse:
    """The page of one form; refused input comes back with status 422 and everything still typed."""
    context = {"form": form, **page_of(ledger, title, item=item)}
    return render(request, "remediation/desk/edit.html", context, status=422 if form.errors else 200)
