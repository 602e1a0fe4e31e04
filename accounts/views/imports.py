"""Importing registers in the browser: upload, look at everything it would do, commit; and the empty templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import roles_required, signed_in_user
from accounts.forms.register import UploadForm
from accounts.importing import drafts
from accounts.importing.account_plan import AccountsPlan, account_rows, plan_accounts
from accounts.importing.accounts import (
    AccountsChanged,
    AccountsImported,
    AccountsWrong,
    InitialPassword,
    commit_accounts,
)
from accounts.importing.office_plan import plan_register
from accounts.importing.offices import RegisterChanged, RegisterWrong, commit_register
from accounts.importing.register_plan import RegisterPlan, register_rows
from accounts.importing.tables import Issue, Outcome, Row, RowPlan
from accounts.importing.uploads import read_upload
from accounts.importing.workbooks import XLSX, accounts_template, offices_template, password_list
from accounts.roles import Role
from core.clock import today
from core.toasts import toast
from core.workbooks.grid import Workbook
from core.workbooks.reading import WorkbookRefused

PASSWORDS_SALT = "accounts.initial_passwords"
PASSWORDS_SECONDS = 30 * 60
# So many new rows are listed; all the rest is counted. Errors and changes are always listed completely.
NEW_ROWS_SHOWN = 200

Tables = dict[str, list[Row]]
Plan = RegisterPlan | AccountsPlan


@dataclass(frozen=True)
class Register:
    """What differs between the two imports."""

    kind: str
    title: str | Promise
    intro: str | Promise
    url_name: str
    template_url_name: str
    list_url_name: str
    list_title: str | Promise
    rows: Callable[[Workbook], tuple[Tables, list[Issue]]]
    plan: Callable[[Tables, list[Issue]], Plan]
    parts: Callable[[Any], list[tuple[str, list[RowPlan]]]]


OFFICE_REGISTER = Register(
    kind="offices",
    title=gettext_lazy("Import the office register"),
    intro=gettext_lazy(
        "A workbook with the sheets 机构 and 领导职务. Nothing is deleted: what the file lacks stays as it is."
    ),
    url_name="accounts:offices_import",
    template_url_name="accounts:offices_template",
    list_url_name="accounts:office_list",
    list_title=gettext_lazy("Office register"),
    rows=register_rows,
    plan=lambda rows, issues: plan_register(rows, issues, today=today()),
    parts=lambda plan: [(_("Offices"), plan.offices), (_("Leaders’ posts"), plan.positions)],
)
ACCOUNT_REGISTER = Register(
    kind="accounts",
    title=gettext_lazy("Import accounts"),
    intro=gettext_lazy(
        "A workbook with 姓名, 账号, 处室, 角色 and 职务. New accounts get an initial password, shown once. "
        "Roles wait for the security administrator."
    ),
    url_name="accounts:users_import",
    template_url_name="accounts:users_template",
    list_url_name="accounts:account_list",
    list_title=gettext_lazy("Accounts"),
    rows=account_rows,
    plan=plan_accounts,
    parts=lambda plan: [(_("Accounts"), plan.accounts)],
)


def _upload_page(
    request: HttpRequest, register: Register, form: UploadForm, *, status: int = 200, note: str = ""
) -> HttpResponse:
    context = {**_frame(register), "form": form, "note": note}
    return render(request, "accounts/import_upload.html", context, status=status)


def _frame(register: Register) -> dict[str, Any]:
    return {
        "page_title": register.title,
        "register": register,
        "crumbs": [(register.list_title, reverse(register.list_url_name)), (register.title, "")],
        "back_url": reverse(register.list_url_name),
        "upload_url": reverse(register.url_name),
        "template_url": reverse(register.template_url_name),
    }


def _preview_page(
    request: HttpRequest,
    register: Register,
    rows: Tables,
    issues: list[Issue],
    *,
    file_name: str,
    note: str = "",
) -> HttpResponse:
    plan = register.plan(rows, issues)
    sections = []
    for label, plans in register.parts(plan):
        new = [one for one in plans if one.outcome is Outcome.NEW]
        sections.append(
            {
                "label": label,
                "counts": plan.counts(plans),
                "new": new[:NEW_ROWS_SHOWN],
                "more_new": len(new) - len(new[:NEW_ROWS_SHOWN]),
                "changed": [one for one in plans if one.outcome is Outcome.CHANGED],
            }
        )
    context = {
        **_frame(register),
        "file_name": file_name,
        "plan": plan,
        "sections": sections,
        "note": note,
        "draft": ""
        if plan.errors
        else drafts.packed(dict(rows), kind=register.kind, user_id=signed_in_user(request).pk),
        "fingerprint": drafts.fingerprint(plan.lines()),
    }
    return render(request, "accounts/import_preview.html", context, status=422 if plan.errors else 200)


def _import(
    request: HttpRequest, register: Register, commit: Callable[[HttpRequest, Tables, str, str], HttpResponse]
) -> HttpResponse:
    """The three steps of either register at one address: a form, a preview, a commit."""
    if request.method != "POST":
        return _upload_page(request, register, UploadForm())
    if "draft" in request.POST:
        return _commit(request, register, commit)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload_page(request, register, form, status=422)
    upload = form.cleaned_data["file"]
    try:
        rows, issues = register.rows(read_upload(upload))
    except WorkbookRefused as refusal:
        form.add_error("file", str(refusal))
        return _upload_page(request, register, form, status=422)
    return _preview_page(request, register, rows, issues, file_name=upload.name)


def _commit(
    request: HttpRequest, register: Register, commit: Callable[[HttpRequest, Tables, str, str], HttpResponse]
) -> HttpResponse:
    file_name = request.POST.get("file_name", "")[:200]
    try:
        rows = drafts.unpacked(request.POST["draft"], kind=register.kind, user_id=signed_in_user(request).pk)
    except drafts.DraftLost:
        note = _("The preview is too old. Upload the file again; nothing has been written.")
        return _upload_page(request, register, UploadForm(), status=409, note=note)
    try:
        return commit(request, rows, request.POST.get("fingerprint", ""), file_name)
    except (RegisterWrong, RegisterChanged, AccountsWrong, AccountsChanged):
        note = _("Something was changed since the preview. Look at it once more; nothing has been written.")
        return _preview_page(request, register, rows, [], file_name=file_name, note=note)


def _commit_offices(request: HttpRequest, rows: Tables, previewed: str, file_name: str) -> HttpResponse:
    plan = commit_register(rows, today=today(), previewed=previewed, request=request, file_name=file_name)
    counts = plan.counts(plan.rows)
    toast(request, _("Imported: %(new)s new, %(changed)s changed, %(unchanged)s unchanged") % counts)
    return redirect("accounts:office_list")


def _commit_accounts(request: HttpRequest, rows: Tables, previewed: str, file_name: str) -> HttpResponse:
    done = commit_accounts(
        rows, previewed=previewed, actor=signed_in_user(request), request=request, file_name=file_name
    )
    return passwords_page(request, done)


def passwords_page(request: HttpRequest, done: AccountsImported) -> HttpResponse:
    """What an import made; the passwords stand on this answer alone, and travel back only as a download."""
    shown = [[one.name, one.username, one.office, one.password] for one in done.passwords]
    context = {
        "page_title": _("Accounts imported"),
        "done": done,
        "counts": done.plan.counts(done.plan.accounts),
        "crumbs": [(_("Accounts"), reverse("accounts:account_list")), (_("Accounts imported"), "")],
        "back_url": reverse("accounts:account_list"),
        "sealed": signing.dumps(shown, salt=PASSWORDS_SALT, compress=True),
    }
    return render(request, "accounts/import_passwords.html", context)


@require_http_methods(["GET", "POST"])
@roles_required(Role.LEDGER_ADMIN)
def offices_import(request: HttpRequest) -> HttpResponse:
    """Import offices and posts."""
    return _import(request, OFFICE_REGISTER, _commit_offices)


@never_cache
@require_http_methods(["GET", "POST"])
@roles_required(Role.SYS_ADMIN)
def users_import(request: HttpRequest) -> HttpResponse:
    """Import accounts."""
    return _import(request, ACCOUNT_REGISTER, _commit_accounts)


def workbook_answer(content: bytes, *, name: str) -> HttpResponse:
    """A workbook to save under ``name``."""
    response = HttpResponse(content, content_type=XLSX)
    response.headers["Content-Disposition"] = _disposition(name)
    response.headers["Cache-Control"] = "no-store"
    return response


def _disposition(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"


@require_safe
@roles_required(Role.LEDGER_ADMIN)
def offices_template_file(request: HttpRequest) -> HttpResponse:
    """The empty office register."""
    return workbook_answer(offices_template(), name="机构名录模板.xlsx")


@require_safe
@roles_required(Role.SYS_ADMIN)
def users_template_file(request: HttpRequest) -> HttpResponse:
    """The empty file of accounts."""
    return workbook_answer(accounts_template(), name="账号模板.xlsx")


@never_cache
@require_POST
@roles_required(Role.SYS_ADMIN)
def passwords_file(request: HttpRequest) -> HttpResponse:
    """The passwords of the page before as a workbook; nothing is kept, so it comes from that page alone."""
    try:
        rows = signing.loads(request.POST.get("sealed", ""), salt=PASSWORDS_SALT, max_age=PASSWORDS_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    headings = [pgettext("person", "Name"), _("Sign-in"), pgettext("unit", "Office"), _("Initial password")]
    content = password_list([InitialPassword(*row) for row in rows], headings=headings)
    return workbook_answer(content, name="初始口令.xlsx")
