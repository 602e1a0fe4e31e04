"""An htmx request whose session has ended goes to the sign-in page as a whole, not into a corner of the page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url


class SignInRedirect:
    """Middleware: turn a fragment's redirect to sign-in into one of the page, which comes back where the reader was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on and look at the answer."""
        response = self.get_response(request)
        if response.status_code != 302 or request.headers.get("HX-Request") != "true":
            return response
        sign_in = resolve_url(settings.LOGIN_URL)
        if urlsplit(response.headers["Location"]).path != sign_in:
            return response
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        back = redirect_to_login(f"{page.path}?{page.query}" if page.query else page.path or "/", sign_in)
        return HttpResponse(status=401, headers={"HX-Redirect": back.url})
