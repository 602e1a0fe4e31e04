"""Pages that read ledgers: for everybody with a business role, each in their own scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from accounts.roles import BUSINESS_ROLES
from remediation.context import person

Page = Callable[..., HttpResponseBase]


def reads_ledgers(view: Page) -> Page:
    """Let in whoever has a business role; the three administrators have no rows to see (product text 1)."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not person(request).has_role(*BUSINESS_ROLES):
            raise Http404(_("Accounts of administrators have no ledgers to read."))
        return view(request, *args, **kwargs)

    return guarded
