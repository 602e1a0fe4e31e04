"""Initial passwords: made here, shown once to whoever hands them out, and to be changed at the first sign-in."""

from __future__ import annotations

import secrets

from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher

from accounts.models import User
from core import clock

# No characters that are mistaken for each other on paper: 0 O, 1 l I.
ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
GROUPS = 4
GROUP_LENGTH = 4
# Sixteen random characters are 93 bits: guessing them is hopeless however fast one guess is, and three hundred
# accounts are imported in seconds. Django hashes the password anew, at its full cost, at the first sign-in.
INITIAL_ITERATIONS = 10_000


def new_initial_password() -> str:
    """A random password in groups that can be read out: ``kT7m-3fQp-w9Tz-Ub4x``."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def set_initial_password(user: User) -> str:
    """Give ``user`` (saved by the caller) a new initial password and return it; it is kept nowhere else."""
    password = new_initial_password()
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        user.password = hasher.encode(password, hasher.salt(), iterations=INITIAL_ITERATIONS)
    else:
        user.password = hasher.encode(password, hasher.salt())
    user.must_change_password = True
    user.password_changed_at = None
    return password


def set_own_password(user: User, password: str) -> None:
    """Store the password that ``user`` chose: from now on it is theirs."""
    user.set_password(password)
    user.must_change_password = False
    user.password_changed_at = clock.now()
    user.save(update_fields=["password", "must_change_password", "password_changed_at"])
