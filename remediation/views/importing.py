"""Importing in the browser: upload, mapping, preview, commit, undo. The ledger administrator alone."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from core.toasts import toast
from remediation.forms.importing import ReplaceForm, UploadForm
from remediation.importing import flow
from remediation.importing.summary import label_of
from remediation.importing.template import XLSX_MIME, empty_template
from remediation.importing.undoing import (
    UndoRefused,
    can_undo_import,
    returning_changes,
    undo_batch,
    undo_summary,
)
from remediation.models import BatchState, ImportBatch
from remediation.permissions import can_import_ledger
from remediation.views.desk import require_ledger_admin
from remediation.views.importing_pages import (
    STEPS,
    WAITING_STATES,
    detail_context,
    mapping_context,
    registered,
)

LISTED_BATCHES = 30


def _batch(request: HttpRequest, pk: int) -> tuple[User, ImportBatch]:
    user = require_ledger_admin(request)
    batches = ImportBatch.objects.visible_to(user).select_related("ledger", "user")
    return user, get_object_or_404(batches, pk=pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_list(request: HttpRequest) -> HttpResponse:
    """Upload a workbook; the imports so far."""
    user = require_ledger_admin(request)
    can_import_ledger(user).require()
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = UploadForm(*posted, initial={"ledger": request.GET.get("ledger")})
    if form.is_valid():
        batch = flow.begin(form.cleaned_data, user=user)
        return redirect("remediation:import_detail", batch.pk)
    batches = ImportBatch.objects.visible_to(user).without_preview().select_related("ledger", "user")
    context = {
        "page_title": _("Import"),
        "form": form,
        "steps": [str(step) for step in STEPS],
        "page": Paginator(batches.order_by("-pk"), LISTED_BATCHES).get_page(request.GET.get("page")),
    }
    return render(request, "remediation/imports/list.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the import stands: mapping, progress, preview, or what it did."""
    _user, batch = _batch(request, pk)
    template, context = detail_context(request, batch)
    if request.headers.get("HX-Request") and batch.state not in WAITING_STATES:
        # The progress page asks again and again; what it waited for is a page of its own.
        return HttpResponse(headers={"HX-Redirect": reverse("remediation:import_detail", args=[batch.pk])})
    return render(request, template, context)


@login_required
@require_POST
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Save which column is what and make the preview."""
    _user, batch = _batch(request, pk)
    problems = flow.choose_mapping(batch, request.POST)
    if problems:
        context = mapping_context(batch, problems=problems)
        return render(request, "remediation/imports/mapping.html", context, status=422)
    flow.start_preview(batch)
    return redirect("remediation:import_detail", batch.pk)


@login_required
@require_POST
def import_back(request: HttpRequest, pk: int) -> HttpResponse:
    """From the preview back to the mapping."""
    _user, batch = _batch(request, pk)
    flow.back_to_mapping(batch)
    return redirect("remediation:import_detail", batch.pk)


@login_required
@require_POST
def import_answers(request: HttpRequest, pk: int) -> HttpResponse:
    """Settle unknown names and what is taken back, then preview again."""
    _user, batch = _batch(request, pk)
    flow.answer(batch, request.POST)
    flow.start_preview(batch)
    return redirect("remediation:import_detail", batch.pk)


@login_required
@require_POST
def import_commit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the import, all of it or nothing."""
    user, batch = _batch(request, pk)
    can_import_ledger(user).require()
    decision = flow.can_commit(batch)
    if not decision:
        raise PermissionDenied(decision.reason)
    flow.start_commit(batch)
    batch.refresh_from_db()
    if batch.state == BatchState.COMMITTED:
        toast(request, _("Written"))
    return redirect("remediation:import_detail", batch.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take the whole import back."""
    user, batch = _batch(request, pk)
    decision = can_undo_import(batch)
    if request.method == "POST":
        try:
            undo_batch(batch.pk, actor=user)
        except UndoRefused as refusal:
            raise PermissionDenied(str(refusal)) from refusal
        toast(request, _("The import was withdrawn"))
        return redirect("remediation:import_detail", batch.pk)
    context: dict[str, Any] = {"page_title": _("Withdraw the import"), "batch": batch, "decision": decision}
    if decision:
        context["summary"] = undo_summary(batch)
        context["registered"] = registered(batch)
        context["returning"] = [
            label_of(change["field"]) for change in returning_changes(batch, batch.ledger)
        ]
    context["crumbs"] = [(_("Import"), reverse("remediation:import_list")), (batch.file_name, None)]
    return render(request, "remediation/imports/undo.html", context)


@login_required
@require_POST
def import_replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on with a corrected copy of the workbook, with the same choices and answers."""
    user, batch = _batch(request, pk)
    form = ReplaceForm(request.POST, request.FILES)
    if not form.is_valid():
        template, context = detail_context(request, batch)
        return render(request, template, {**context, "replace_form": form}, status=422)
    successor = flow.replace_file(batch, form.cleaned_data["file"], user=user)
    return redirect("remediation:import_detail", successor.pk)


@login_required
@require_POST
def import_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away an import that has not been written."""
    _user, batch = _batch(request, pk)
    if not flow.discard(batch):
        raise PermissionDenied(_("A written import is withdrawn and not thrown away."))
    toast(request, _("Import thrown away"))
    return redirect("remediation:import_list")


@login_required
@require_safe
def import_annotated(request: HttpRequest, pk: int) -> HttpResponse:
    """The user's own workbook with a comment on each wrong cell."""
    _user, batch = _batch(request, pk)
    try:
        content = flow.annotated(batch)
    except flow.NotAnnotated as refusal:
        raise Http404(str(refusal)) from refusal
    return _download(content, flow.annotated_name(batch))


@login_required
@require_safe
def import_template(request: HttpRequest) -> HttpResponse:
    """The empty ledger template."""
    require_ledger_admin(request)
    return _download(empty_template(), "整改台账模板.xlsx")


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX_MIME)
    response.headers["Content-Disposition"] = flow.attachment(name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
