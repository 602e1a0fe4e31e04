"""Accounts: the list, one account, a new initial password, closing and opening. The system administrator's alone."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import people
from accounts.access import roles_required, signed_in_user
from accounts.forms.people import AccountForm, AccountSearchForm
from accounts.granting import request_role, separation_message
from accounts.models import RoleRequest, User
from accounts.roles import ADMINISTRATOR_ROLES, Role, is_lawful
from core.toasts import toast

PER_PAGE = 50
sys_admin_only = roles_required(Role.SYS_ADMIN)


def matching_accounts(form: AccountSearchForm) -> QuerySet[User]:
    """The accounts that a search asks for; an impossible value finds nobody."""
    users = User.objects.select_related("office").prefetch_related("groups", "positions")
    if not form.is_valid():
        return users.none()
    wanted = form.cleaned_data
    if wanted["q"]:
        users = users.filter(
            Q(username__icontains=wanted["q"])
            | Q(display_name__icontains=wanted["q"])
            | Q(office__name__icontains=wanted["q"])
        )
    if wanted["role"] == "none":
        users = users.filter(groups=None)
    elif wanted["role"]:
        users = users.filter(groups__name=wanted["role"])
    if wanted["state"]:
        users = users.filter(is_active=wanted["state"] == "active")
    return users


def with_role_words(users: list[User]) -> list[tuple[User, list[str]]]:
    """Accounts beside the words of their roles, in the order of the roles (the groups are prefetched)."""
    return [
        (
            user,
            [str(role.label) for role in Role if role.value in {group.name for group in user.groups.all()}],
        )
        for user in users
    ]


@require_safe
@sys_admin_only
def account_list(request: HttpRequest) -> HttpResponse:
    """All accounts, searchable."""
    form = AccountSearchForm(request.GET)
    page = Paginator(matching_accounts(form), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_title": _("Accounts"),
        "form": form,
        "page": page,
        "rows": with_role_words(list(page)),
        "roles": Role.choices,
    }
    return render(request, "accounts/account_list.html", context)


@never_cache
@sensitive_variables("password")
@require_http_methods(["GET", "POST"])
@sys_admin_only
def account_create(request: HttpRequest) -> HttpResponse:
    """Make an account; the initial password stands on the answer alone."""
    data = request.POST if request.method == "POST" else None
    form = AccountForm(data)
    if data is not None and form.is_valid():
        roles = [Role(value) for value in form.cleaned_data["roles"]]
        if not is_lawful(roles):
            form.add_error("roles", separation_message(next(r for r in roles if r in ADMINISTRATOR_ROLES)))
        else:
            with transaction.atomic():
                user, password = people.create_account(
                    username=form.cleaned_data["username"],
                    display_name=form.cleaned_data["display_name"],
                    office=form.cleaned_data["office"],
                    email=form.cleaned_data["email"],
                    request=request,
                )
                for role in roles:
                    request_role(user, role, actor=signed_in_user(request), request=request)
            return _password_page(request, user, password, title=_("Account created"))
    context = {**_frame(_("New account")), "form": form}
    return render(request, "accounts/account_edit.html", context, status=422 if data is not None else 200)


@require_http_methods(["GET", "POST"])
@sys_admin_only
def account_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change name, office and e-mail of an account; from here its password is reset and it is closed."""
    user = get_object_or_404(User.objects.select_related("office"), pk=pk)
    data = request.POST if request.method == "POST" else None
    form = AccountForm(data, instance=user)
    if data is not None and form.is_valid():
        # The form has written its values into the instance already; the command compares with what is stored.
        stored = User.objects.select_related("office").get(pk=pk)
        values = {name: form.cleaned_data[name] for name in people.CHANGEABLE}
        people.change_account(stored, values, request=request)
        toast(request, _("Saved: %(name)s") % {"name": stored})
        return redirect("accounts:account_list")
    context: dict[str, Any] = {
        **_frame(user.username),
        "form": form,
        "account": user,
        "granted": [role.label for role in Role if role in user.roles],
        "asked_for": [asked.get_role_display() for asked in RoleRequest.objects.filter(user=user)],
        "posts": user.held_positions,
        "can_deactivate": people.can_deactivate_account(signed_in_user(request), user),
    }
    return render(request, "accounts/account_edit.html", context, status=422 if data is not None else 200)


@never_cache
@sensitive_variables("password")
@require_http_methods(["GET", "POST"])
@sys_admin_only
def account_reset(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then give a new initial password."""
    user = get_object_or_404(User.objects.select_related("office"), pk=pk)
    if request.method == "POST":
        password = people.reset_password(user, request=request)
        return _password_page(request, user, password, title=_("Password reset"))
    text = _(
        "%(name)s gets a new initial password and is signed out everywhere. The old password stops working."
    )
    return confirm(
        request,
        title=_("Reset the password of %(username)s") % {"username": user.username},
        text=text % {"name": user},
        verb=_("Reset the password"),
        back_url=reverse("accounts:account_edit", args=[pk]),
    )


@require_http_methods(["GET", "POST"])
@sys_admin_only
def account_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then close an account."""
    user = get_object_or_404(User, pk=pk)
    if request.method == "POST":
        people.deactivate_account(signed_in_user(request), user, request=request)
        toast(
            request,
            _("Deactivated: %(name)s") % {"name": user},
            undo_url=reverse("accounts:account_reactivate", args=[pk]),
        )
        return redirect("accounts:account_list")
    text = _(
        "%(name)s can no longer sign in. What this person did stays, and the account can be opened again."
    )
    return confirm(
        request,
        title=_("Deactivate %(username)s") % {"username": user.username},
        text=text % {"name": user},
        verb=_("Deactivate"),
        back_url=reverse("accounts:account_edit", args=[pk]),
        kind="btn-danger",
    )


@require_POST
@sys_admin_only
def account_reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a closed account again."""
    user = get_object_or_404(User, pk=pk)
    people.reactivate_account(signed_in_user(request), user, request=request)
    toast(request, _("Opened again: %(name)s") % {"name": user})
    return redirect("accounts:account_edit", pk=pk)


def confirm(
    request: HttpRequest, *, title: str, text: str, verb: str, back_url: str, kind: str = "btn-primary"
) -> HttpResponse:
    """One question: a dialog for htmx, a page otherwise; the button posts to the same address."""
    context = {
        "page_title": title,
        "title": title,
        "text": text,
        "verb": verb,
        "kind": kind,
        "back_url": back_url,
        "action": request.path,
    }
    template = (
        "components/dialog.html" if request.headers.get("HX-Request") == "true" else "accounts/confirm.html"
    )
    return render(request, template, context)


def _password_page(request: HttpRequest, user: User, password: str, *, title: str) -> HttpResponse:
    asked = RoleRequest.objects.filter(user=user)
    context = {
        **_frame(title),
        "account": user,
        "password": password,
        "asked_for": [one.get_role_display() for one in asked],
    }
    return render(request, "accounts/account_password.html", context)


def _frame(title: str) -> dict[str, Any]:
    return {
        "page_title": title,
        "crumbs": [(_("Accounts"), reverse("accounts:account_list")), (title, "")],
        "back_url": reverse("accounts:account_list"),
    }
