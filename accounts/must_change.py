"""An initial password opens one page: the one on which it is changed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse

OPEN_VIEWS = frozenset(
    {
        "account_change_password",
        "account_logout",
        "accounts:language",
        "accounts:language_en",
        "accounts:language_zh",
        "health",
    }
)


class MustChangePassword:
    """Middleware: whoever still has an initial password is sent to change it, from everywhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponse | None:
        """Answer with the way to the change page; a fragment sends the whole page there."""
        match: ResolverMatch | None = request.resolver_match
        if match is not None and match.view_name in OPEN_VIEWS:
            return None
        if not getattr(request.user, "must_change_password", False):
            return None
        page = reverse("account_change_password")
        if request.headers.get("HX-Request") == "true":
            return HttpResponse(status=401, headers={"HX-Redirect": page})
        return redirect(page)
