"""The language of the pages: what the person chose, else what this browser chose before, else Chinese."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation

from accounts.models import User

PREFERENCE = "language"


def languages() -> dict[str, str]:
    """Code -> name of each language of the interface, in that language itself."""
    return {code: translation.get_language_info(code)["name_local"] for code, _name in settings.LANGUAGES}


def language_of(request: HttpRequest) -> str:
    """The language for this request. What a browser says it accepts does not count: an organ works in Chinese."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if isinstance(request.user, User):
        chosen = str(request.user.preferences.get(PREFERENCE, chosen))
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


class PersonLanguage:
    """Middleware: speak the person's language."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Activate the language for the request alone."""
        language = language_of(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response
