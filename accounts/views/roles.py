"""Role grants: what waits for a decision, and every account's roles. The security administrator's alone."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import granting
from accounts.access import roles_required, signed_in_user
from accounts.forms.people import AccountSearchForm
from accounts.models import RoleRequest, User
from accounts.roles import ADMINISTRATOR_ROLES, Role
from accounts.views.people import confirm, matching_accounts, with_role_words
from core.text import whole_number
from core.toasts import toast

PER_PAGE = 50
sec_admin_only = roles_required(Role.SEC_ADMIN)


@require_safe
@sec_admin_only
def role_list(request: HttpRequest) -> HttpResponse:
    """What waits on top, then all accounts with their roles."""
    form = AccountSearchForm(request.GET)
    page = Paginator(matching_accounts(form), PER_PAGE).get_page(request.GET.get("page"))
    waiting = RoleRequest.objects.select_related("user__office", "requested_by").order_by(
        "user__username", "pk"
    )
    context = {
        "page_title": _("Role grants"),
        "form": form,
        "page": page,
        "rows": with_role_words(list(page)),
        "waiting": waiting,
        "roles": Role.choices,
    }
    return render(request, "accounts/role_list.html", context)


@require_POST
@sec_admin_only
def decide_requests(request: HttpRequest) -> HttpResponse:
    """Grant or refuse the chosen requests, each by itself: one that cannot be granted says why and stays."""
    actor = signed_in_user(request)
    chosen = RoleRequest.objects.select_related("user__office")
    if "every" not in request.POST:
        ids = [pk for one in request.POST.getlist("selected") if (pk := whole_number(one)) is not None]
        chosen = chosen.filter(pk__in=ids[:1000])
    done, refusals = 0, []
    for asked in chosen:
        if request.POST.get("decision") == "refuse":
            granting.refuse_request(asked, actor=actor, request=request)
            done += 1
            continue
        with transaction.atomic():
            decision = granting.can_grant_role(actor, asked.user, Role(asked.role))
            if decision:
                granting.give_role(asked.user, Role(asked.role), request=request, actor=actor)
                done += 1
            else:
                refusals.append(f"{asked.user.username}、{asked.get_role_display()}：{decision.reason}")
    for refusal in refusals:
        messages.error(request, refusal)
    if done and request.POST.get("decision") == "refuse":
        toast(
            request,
            ngettext("%(count)s request refused", "%(count)s requests refused", done) % {"count": done},
        )
    elif done:
        toast(request, ngettext("%(count)s role granted", "%(count)s roles granted", done) % {"count": done})
    elif not refusals:
        messages.error(request, _("Nothing was chosen. Tick the requests to decide on."))
    return redirect("accounts:role_list")


@require_safe
@sec_admin_only
def role_account(request: HttpRequest, pk: int) -> HttpResponse:
    """One account: each role, whether it has it, and what may be done about it."""
    actor = signed_in_user(request)
    user = get_object_or_404(User.objects.select_related("office"), pk=pk)
    asked_for = set(RoleRequest.objects.filter(user=user).values_list("role", flat=True))
    lines: list[dict[str, Any]] = []
    for role in Role:
        has = role in user.roles
        lines.append(
            {
                "role": role,
                "has": has,
                "asked_for": role.value in asked_for,
                "is_administrator": role in ADMINISTRATOR_ROLES,
                "decision": granting.can_revoke_role(actor, user, role)
                if has
                else granting.can_grant_role(actor, user, role),
                "reason_id": f"role-{role.value}-reason",
                "url": reverse(f"accounts:role_{'revoke' if has else 'grant'}", args=[pk, role.value]),
            }
        )
    context = {
        "page_title": _("Roles of %(username)s") % {"username": user.username},
        "account": user,
        "lines": lines,
        "posts": user.held_positions,
        "crumbs": [(_("Role grants"), reverse("accounts:role_list")), (user.username, "")],
        "back_url": reverse("accounts:role_list"),
    }
    return render(request, "accounts/role_account.html", context)


def _role(value: str) -> Role:
    if value not in Role.values:
        raise Http404
    return Role(value)


@require_http_methods(["GET", "POST"])
@sec_admin_only
def role_grant(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Ask, then grant."""
    user, wanted = get_object_or_404(User.objects.select_related("office"), pk=pk), _role(role)
    if request.method == "POST":
        granting.grant_role(signed_in_user(request), user, wanted, request=request)
        toast(request, _("%(role)s granted to %(name)s") % {"role": wanted.label, "name": user})
        return redirect("accounts:role_account", pk=pk)
    return confirm(
        request,
        title=_("Grant %(role)s") % {"role": wanted.label},
        text=_("%(name)s (%(username)s) gets the role %(role)s at once.")
        % {"name": user, "username": user.username, "role": wanted.label},
        verb=_("Grant"),
        back_url=reverse("accounts:role_account", args=[pk]),
    )


@require_http_methods(["GET", "POST"])
@sec_admin_only
def role_revoke(request: HttpRequest, pk: int, role: str) -> HttpResponse:
    """Ask, then revoke."""
    user, wanted = get_object_or_404(User.objects.select_related("office"), pk=pk), _role(role)
    if request.method == "POST":
        granting.revoke_role(signed_in_user(request), user, wanted, request=request)
        toast(request, _("%(role)s revoked from %(name)s") % {"role": wanted.label, "name": user})
        return redirect("accounts:role_account", pk=pk)
    return confirm(
        request,
        title=_("Revoke %(role)s") % {"role": wanted.label},
        text=_("%(name)s (%(username)s) loses the role %(role)s at once.")
        % {"name": user, "username": user.username, "role": wanted.label},
        verb=_("Revoke"),
        back_url=reverse("accounts:role_account", args=[pk]),
        kind="btn-danger",
    )


__all__ = ["decide_requests", "role_account", "role_grant", "role_list", "role_revoke"]
