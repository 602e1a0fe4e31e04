"""The demo organ: offices, affiliated units, posts, portfolios and one account for each role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Office, OfficeAlias, OfficeKind, Portfolio, Position, User
from accounts.roles import Role
from supervision.demo import fixtures

# Known to everybody on purpose: the demo holds nothing that is not invented.
PASSWORD = "xiaohao-demo"  # noqa: S105
UNITS_ORDER_FROM = 40
ORGAN_ORDER = 90


@dataclass(frozen=True)
class SignIn:
    """One account of the demo, as it is shown."""

    username: str
    name: str
    roles: tuple[str, ...]
    password: str = PASSWORD

    def as_json(self) -> dict[str, str]:
        """What signs in."""
        return {"username": self.username, "password": self.password}


def sign_ins() -> list[SignIn]:
    """The accounts that are shown, in the order of the file; the first of a role stands for it."""
    return [
        SignIn(account["username"], account["name"], tuple(account["roles"]))
        for account in fixtures.read("organ")["accounts"]
    ]


def sign_ins_by_role() -> dict[str, SignIn]:
    """Role value -> the account that stands for it."""
    found: dict[str, SignIn] = {}
    for account in sign_ins():
        for role in account.roles:
            found.setdefault(role, account)
    return {role.value: found[role.value] for role in Role}


@dataclass(frozen=True)
class Organ:
    """What the ledgers of the demo refer to."""

    offices: dict[str, Office]
    positions: dict[str, Position]
    in_charge: dict[str, Position]  # by the name of the office
    clerks: dict[int, User]  # by the office's id
    users: dict[str, User]


def build_organ() -> Organ:
    """Write the organ; the caller holds the transaction."""
    content = fixtures.read("organ")
    positions = {
        row["title"]: Position.objects.create(
            title=row["title"], is_principal=row.get("principal", False), order=number
        )
        for number, row in enumerate(content["positions"], start=1)
    }
    offices = build_offices(content)
    in_charge = {row["name"]: positions[row["position"]] for row in content["offices"]}
    Portfolio.objects.bulk_create(
        Portfolio(position=position, office=offices[name]) for name, position in in_charge.items()
    )
    users = build_accounts(content, offices)
    for account in content["accounts"]:
        if "position" in account:
            position = positions[account["position"]]
            position.holder = users[account["username"]]
            position.save(update_fields=["holder"])
    clerks = {
        user.office_id: user
        for user in reversed(users.values())
        if user.office_id and user.username.startswith(("clerk", "office", "unit"))
    }
    return Organ(offices, positions, in_charge, clerks, users)


def build_offices(content: dict[str, Any]) -> dict[str, Office]:
    """Write the organ, its offices and its affiliated units, with their other names."""
    organ = Office.objects.create(
        name=content["organ"]["name"],
        kind=OfficeKind.ORGAN,
        order=ORGAN_ORDER,
        remark=content["organ"]["remark"],
    )
    Office.objects.bulk_create(
        Office(name=row["name"], kind=row.get("kind", OfficeKind.INTERNAL), parent=organ, order=number)
        for number, row in enumerate(content["offices"], start=1)
    )
    Office.objects.bulk_create(
        Office(name=name, kind=OfficeKind.AFFILIATED, parent=organ, order=UNITS_ORDER_FROM + number)
        for number, name in enumerate(content["units"])
    )
    offices = {office.name: office for office in Office.objects.all()}
    named = [content["organ"], *content["offices"]]
    OfficeAlias.objects.bulk_create(
        [OfficeAlias(office=offices[row["name"]], name=alias) for row in named for alias in row["aliases"]]
        + [
            OfficeAlias(
                office=offices[row["name"]],
                name=former["name"],
                is_former=True,
                valid_to=date.fromisoformat(former["valid_to"]),
            )
            for row in named
            for former in row.get("former", ())
        ]
    )
    return offices


def build_accounts(content: dict[str, Any], offices: dict[str, Office]) -> dict[str, User]:
    """Write the shown accounts, and a clerk for each other office, so that every report has its author.

    One hash serves all: the password is shown anyway, and fifty of them would take ten seconds.
    """
    rows = list(content["accounts"])
    clerked = {row.get("office") for row in rows if Role.CLERK in row["roles"]}
    for number, row in enumerate(content["offices"], start=1):
        if row["name"] not in clerked:
            rows.append(
                {
                    "username": f"office{number:02d}",
                    "name": f"{row['name']}经办人",
                    "roles": [Role.CLERK.value],
                    "office": row["name"],
                }
            )
    hashed = make_password(PASSWORD)
    User.objects.bulk_create(
        User(
            username=row["username"],
            display_name=row["name"],
            email=f"{row['username']}@example.invalid",
            office=offices[row["office"]] if "office" in row else None,
            password=hashed,
            password_changed_at=timezone.now(),
        )
        for row in rows
    )
    users = {user.username: user for user in User.objects.select_related("office")}
    groups = {role.value: Group.objects.get_or_create(name=role.value)[0] for role in Role}
    for role, group in groups.items():
        group.user_set.add(*(users[row["username"]] for row in rows if role in row["roles"]))
    return {row["username"]: users[row["username"]] for row in rows}
