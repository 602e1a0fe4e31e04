"""What a file of accounts would change: every row's outcome and every error, without writing anything.

An empty cell changes nothing; an account that the file lacks stays. Roles are asked for, not granted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from accounts.granting import separation_message
from accounts.importing.account_columns import ACCOUNTS, ROLE_WORDS, role_of
from accounts.importing.tables import (
    FieldChange,
    Issue,
    Outcome,
    Row,
    RowPlan,
    duplicates,
    in_order,
    rows_of,
    split_names,
)
from accounts.models import Office, OfficeAlias, Position, RoleRequest, User
from accounts.roles import ADMINISTRATOR_ROLES, OFFICE_ROLES, Role, is_lawful
from core.text import folded
from core.workbooks.grid import Workbook

HEADINGS = {column.key: column.heading for column in ACCOUNTS.columns}


@dataclass
class AccountPlan(RowPlan):
    """One account."""

    existing: User | None = None
    values: dict[str, object] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)  # those that the account has not got yet
    position: Position | None = None  # the post to hold from now on

    @property
    def username(self) -> str:
        """The sign-in."""
        return self.existing.username if self.existing is not None else self.row["username"]


@dataclass
class AccountsPlan:
    """The whole file."""

    accounts: list[AccountPlan] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def errors(self) -> list[Issue]:
        """Everything that stops the import, in the order of the file."""
        return in_order([*self.issues, *(issue for plan in self.accounts for issue in plan.issues)])

    @property
    def changes_nothing(self) -> bool:
        """Whether the file says what is known already."""
        return all(plan.outcome is Outcome.UNCHANGED for plan in self.accounts)

    @property
    def asks_for_roles(self) -> int:
        """How many roles the security administrator would have to decide on."""
        return sum(len(plan.roles) for plan in self.accounts)

    @staticmethod
    def counts(plans: Iterable[RowPlan]) -> dict[str, int]:
        """How many rows have which outcome."""
        outcomes = [plan.outcome for plan in plans]
        return {outcome.value: outcomes.count(outcome) for outcome in Outcome}

    def lines(self) -> list[object]:
        """The plan in plain values, to tell whether two plans are the same."""
        return [
            [plan.row.number, plan.outcome.value, [[c.label, c.before, c.after] for c in plan.changes]]
            for plan in self.accounts
        ]


def account_rows(workbook: Workbook) -> tuple[dict[str, list[Row]], list[Issue]]:
    """The rows of the sheet, and what is wrong with the file itself."""
    rows, issues, there = rows_of(workbook, ACCOUNTS)
    if not there:
        message = _("There is no sheet with the columns 姓名 and 账号. Use the template.")
        issues.append(Issue("", None, None, "no_table", "", message))
    elif not rows and not issues:
        issues.append(Issue("", None, None, "no_rows", "", _("There are headings, and no rows below them.")))
    return {"accounts": rows}, issues


class Planner:
    """Plans against the accounts as they stand now (seven queries)."""

    def __init__(
        self, rows: dict[str, list[Row]], issues: Sequence[Issue] = (), *, with_requests: bool = True
    ) -> None:
        self.rows = rows["accounts"]
        self.plan = AccountsPlan(issues=list(issues))
        # A request that is waiting is not asked for again, unless roles are granted right away.
        self.with_requests = with_requests
        names = [row["username"].lower() for row in self.rows]
        users = User.objects.select_related("office").prefetch_related("groups")
        self.users = {user.username.lower(): user for user in users if user.username.lower() in set(names)}
        self.asked = set(RoleRequest.objects.values_list("user_id", "role")) if with_requests else set()
        self.offices = {folded(office.name): office for office in Office.objects.all()}
        self.aliases = {
            folded(alias.name): alias.office for alias in OfficeAlias.objects.select_related("office")
        }
        positions = list(Position.objects.select_related("holder"))
        self.positions = {folded(title): p for p in positions for title in p.former_titles}
        self.positions |= {folded(position.title): position for position in positions}

    def build(self) -> AccountsPlan:
        """Plan every row."""
        self.plan.issues += duplicates(
            self.rows, "username", _("Row %(row)s has the same sign-in. Give each person their own.")
        )
        self.plan.issues += duplicates(
            self.rows, "position", _("Row %(row)s holds the same post. A post has one holder.")
        )
        self.plan.accounts = [self._account(row) for row in self.rows]
        return self.plan

    def _account(self, row: Row) -> AccountPlan:
        plan = AccountPlan(row, row["name"].replace("\n", ""))
        plan.existing = existing = self.users.get(row["username"].lower())
        self._name_and_sign_in(plan)
        self._email(plan)
        office = self._office(plan)
        self._roles(
            plan, office if office is not None else (existing.office if existing is not None else None)
        )
        self._position(plan)
        for name, value in plan.values.items():
            before = getattr(existing, name) if existing is not None else None
            heading = HEADINGS[{"display_name": "name"}.get(name, name)]
            plan.changes.append(FieldChange(heading, str(before or ""), str(value)))
        if plan.roles:
            words = "、".join(str(role.label) for role in plan.roles)
            plan.changes.append(FieldChange(HEADINGS["roles"], "", words))
        if plan.position is not None:
            holder = plan.position.holder
            after = f"{plan.position.title}（{plan.name}）"
            before_text = f"{plan.position.title}（{holder}）" if holder is not None else ""
            plan.changes.append(FieldChange(HEADINGS["position"], before_text, after))
        plan.settle(exists=existing is not None)
        return plan

    def _name_and_sign_in(self, plan: AccountPlan) -> None:
        row, username = plan.row, plan.row["username"]
        if not plan.name:
            plan.issues.append(
                row.issue("name", "missing", _("The name is missing. Write the person’s name."))
            )
        elif len(plan.name) > 60:
            message = _("The text is too long; at most %(count)s characters.") % {"count": 60}
            plan.issues.append(row.issue("name", "too_long", message))
        elif plan.existing is None or plan.existing.display_name != plan.name:
            plan.values["display_name"] = plan.name
        if not username:
            plan.issues.append(
                row.issue(
                    "username", "missing", _("The sign-in is missing. Write one, for example yizheng01.")
                )
            )
            return
        try:
            UnicodeUsernameValidator()(username)
        except ValidationError:
            message = _("A sign-in has letters, digits and . - _ @ + only, without spaces. Correct it.")
            plan.issues.append(row.issue("username", "bad_sign_in", message))
        if not 2 <= len(username) <= 150:
            message = _("A sign-in has 2 to 150 characters. Correct it.")
            plan.issues.append(row.issue("username", "bad_sign_in", message))
        if plan.existing is not None and not plan.existing.is_active:
            message = _("This account is deactivated. Open it again on its page, or choose another sign-in.")
            plan.issues.append(row.issue("username", "deactivated", message))

    def _email(self, plan: AccountPlan) -> None:
        email = plan.row["email"]
        if not email:
            return
        try:
            validate_email(email)
        except ValidationError:
            plan.issues.append(
                plan.row.issue(
                    "email", "bad_email", _("This is no e-mail address. Correct it, or leave it empty.")
                )
            )
            return
        if plan.existing is None or plan.existing.email != email:
            plan.values["email"] = email

    def _office(self, plan: AccountPlan) -> Office | None:
        text = plan.row["office"].replace("\n", "")
        if not text:
            return None
        office = self.offices.get(folded(text)) or self.aliases.get(folded(text))
        if office is None:
            names = [office.name for office in self.offices.values()]
            close = get_close_matches(text, names, n=1, cutoff=0.5)
            if close:
                message = _("No office is called “%(text)s”. Is it “%(name)s”?")
            else:
                message = _(
                    "No office is called “%(text)s”. Correct it; the ledger administrator keeps the office register."
                )
            message %= {"text": text, "name": next(iter(close), "")}
            plan.issues.append(plan.row.issue("office", "unknown_office", message))
            return None
        if not office.is_active:
            message = _("“%(name)s” no longer exists. Write the office that took over.") % {
                "name": office.name
            }
            plan.issues.append(plan.row.issue("office", "inactive_office", message))
        if plan.existing is None or plan.existing.office_id != office.pk:
            plan.values["office"] = office
        return office

    def _roles(self, plan: AccountPlan, office: Office | None) -> None:
        row, existing = plan.row, plan.existing
        present = set(existing.groups.all()) if existing is not None else set()
        has = {Role(group.name) for group in present if group.name in Role.values}
        wanted: list[Role] = []
        for text in split_names(row["roles"], marks="、,;/\n"):
            role = role_of(text)
            if role is None:
                message = _("There is no role “%(text)s”. Choose from %(roles)s.")
                words = "、".join(ROLE_WORDS)
                plan.issues.append(
                    row.issue("roles", "unknown_role", message % {"text": text, "roles": words})
                )
            elif role not in wanted:
                wanted.append(role)
        together = [*has, *wanted]
        if not is_lawful(together):
            administrator = next(role for role in together if role in ADMINISTRATOR_ROLES)
            plan.issues.append(row.issue("roles", "not_separated", separation_message(administrator)))
        if office is None and not row["office"] and OFFICE_ROLES.intersection(wanted):
            message = _("%(role)s needs an office. Write it into the column 处室.")
            role = next(role for role in wanted if role in OFFICE_ROLES)
            plan.issues.append(row.issue("office", "missing", message % {"role": role.label}))
        asked = {role for user_id, role in self.asked if existing is not None and user_id == existing.pk}
        plan.roles = [role for role in wanted if role not in has and role.value not in asked]

    def _position(self, plan: AccountPlan) -> None:
        text = plan.row["position"].replace("\n", "")
        if not text:
            return
        position = self.positions.get(folded(text))
        if position is None:
            close = get_close_matches(text, [p.title for p in self.positions.values()], n=1, cutoff=0.4)
            if close:
                message = _("No post is called “%(text)s”. Is it “%(name)s”?")
            else:
                message = _(
                    "No post is called “%(text)s”. Correct it; the ledger administrator keeps the leaders’ posts."
                )
            message %= {"text": text, "name": next(iter(close), "")}
            plan.issues.append(plan.row.issue("position", "unknown_position", message))
        elif plan.existing is None or position.holder_id != plan.existing.pk:
            plan.position = position


def plan_accounts(
    rows: dict[str, list[Row]], issues: Sequence[Issue] = (), *, with_requests: bool = True
) -> AccountsPlan:
    """What these rows would change now."""
    return Planner(rows, issues, with_requests=with_requests).build()
