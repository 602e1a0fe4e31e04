"""Whose page it is: signed in, in the role, or there is no such page (404)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import User
from accounts.roles import Role

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def signed_in_user(request: HttpRequest) -> User:
    """The person of the request, behind ``roles_required``."""
    return cast(User, request.user)


def roles_required(*roles: Role) -> Callable[[View], View]:
    """Open a view to these roles alone; without roles to everybody who is signed in. "Not yours" is 404."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if roles and not signed_in_user(request).has_role(*roles):
                raise Http404
            return view(request, *args, **kwargs)

        return cast(View, guarded)

    return decorate


def may_open(*roles: Role) -> Callable[[Any], bool]:
    """The same question for an entry of the navigation."""

    def allowed(user: Any) -> bool:
        return bool(user.is_authenticated and user.has_role(*roles))

    return allowed
