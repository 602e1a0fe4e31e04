"""How a signed-in person is read: allauth's sign-in, and the account with its office in one query."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User


class Backend(AuthenticationBackend):
    """allauth's backend; the frame of every page names the person's office."""

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session, as long as the account is active."""
        user = User.objects.select_related("office").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
