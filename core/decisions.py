"""A refusal carries its reason: the answer of every ``can_<verb>_<noun>`` question."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied


@dataclass(frozen=True)
class Decision:
    """Allowed, or denied with the reason that the page shows. Truthy when allowed."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed

    def require(self) -> None:
        """Raise ``PermissionDenied`` with the reason unless allowed."""
        if not self.allowed:
            raise PermissionDenied(self.reason)


ALLOWED = Decision(allowed=True)


def denied(reason: str) -> Decision:
    """A refusal; ``reason`` is a translated sentence that says why and what to do."""
    return Decision(allowed=False, reason=str(reason))
