"""What an office register would change: every row's outcome and every error, without writing anything.

An empty cell changes nothing. Nothing is ever deleted: an office, a name or a post that the file lacks stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches

from django.utils.translation import gettext as _

from accounts.importing.office_columns import KIND_WORDS, OFFICES, POSITIONS, kind_of, yes_or_no
from accounts.importing.register_plan import OfficePlan, OtherName, PositionPlan, RegisterPlan
from accounts.importing.tables import (
    FieldChange,
    Issue,
    Outcome,
    Row,
    RowPlan,
    day_of,
    duplicates,
    split_names,
)
from accounts.models import Office, OfficeAlias, OfficeKind, Portfolio, Position
from core.text import folded, whole_number

NAME_LENGTH = 100
REMARK_LENGTH = 200
HEADINGS = {f"office.{column.key}": column.heading for column in OFFICES.columns} | {
    f"position.{column.key}": column.heading for column in POSITIONS.columns
}
KIND_NAMES = {kind: word for word, kind in KIND_WORDS.items()}


class Planner:
    """Plans against the register as it stands now (four queries)."""

    def __init__(self, rows: dict[str, list[Row]], issues: Sequence[Issue] = (), *, today: date) -> None:
        self.rows = rows
        self.plan = RegisterPlan(issues=list(issues))
        self.offices = {office.pk: office for office in Office.objects.prefetch_related("aliases")}
        self.owner: dict[str, Office] = {}
        for office in self.offices.values():
            self.owner[folded(office.name)] = office
            for alias in office.aliases.all():
                self.owner.setdefault(folded(alias.name), office)
        self.positions = {folded(position.title): position for position in Position.objects.all()}
        self.former_titles = {
            folded(title): position
            for position in self.positions.values()
            for title in position.former_titles
        }
        self.in_charge: dict[int, set[int]] = {}
        for office_id, position_id in Portfolio.objects.on(today).values_list("office_id", "position_id"):
            self.in_charge.setdefault(office_id, set()).add(position_id)

    def build(self) -> RegisterPlan:
        """Plan every row."""
        self.plan.issues += duplicates(
            self.rows["positions"], "title", _("Row %(row)s names the same post. Keep one of them.")
        )
        self.plan.issues += duplicates(
            self.rows["offices"], "name", _("Row %(row)s names the same office. Keep one of them.")
        )
        self.plan.positions = [self._position(row) for row in self.rows["positions"]]
        self.titles = self.positions.keys() | {folded(plan.name) for plan in self.plan.positions}
        self.claimed: dict[str, Row] = {}
        self.in_file = {folded(row["name"]): row for row in self.rows["offices"] if row["name"]}
        # What the file itself calls an office otherwise: a superior may be named so before it exists.
        self.also_in_file = {
            folded(name): folded(row["name"])
            for row in self.rows["offices"]
            for name in (*split_names(row["aliases"]), *split_names(row["former"]))
        }
        self.plan.offices = [self._office(row) for row in self.rows["offices"]]
        self._no_circles()
        return self.plan

    # -- posts ----------------------------------------------------------------------------------------------------

    def _position(self, row: Row) -> PositionPlan:
        title = row["title"].replace("\n", "")
        former = split_names(row["former"], marks=";\n")
        existing = self.positions.get(folded(title))
        plan = PositionPlan(row, title)
        if existing is None and (renamed := self._renamed_position(title, former)) is not None:
            existing = renamed
        elif existing is None and folded(title) in self.former_titles:
            present = self.former_titles[folded(title)].title
            message = _("This is the former title of “%(title)s”. Write the present one.")
            plan.issues.append(row.issue("title", "former_title", message % {"title": present}))
        plan.existing = existing
        if not title:
            plan.issues.append(row.issue("title", "missing", _("The post is missing. Write its title.")))
        self._length(plan, "title", title, NAME_LENGTH)
        self._length(plan, "remark", row["remark"], REMARK_LENGTH)
        values: dict[str, object] = {"title": title}
        if (order := self._order(plan)) is not None:
            values["order"] = order
        principal = yes_or_no(row["principal"])
        if principal is None:
            plan.issues.append(row.issue("principal", "not_yes_or_no", _("Write 是 or 否.")))
        elif row["principal"]:
            values["is_principal"] = principal
        if former:
            known = list(existing.former_titles) if existing is not None else []
            folded_known = {folded(one) for one in known}
            values["former_titles"] = known + [one for one in former if folded(one) not in folded_known]
        if row["remark"]:
            values["remark"] = row["remark"]
        self._compare(plan, existing, values, prefix="position")
        plan.settle(exists=existing is not None)
        return plan

    def _renamed_position(self, title: str, former: list[str]) -> Position | None:
        """The post that this row gives a new title: its present one stands among the former titles."""
        for name in former:
            position = self.positions.get(folded(name))
            if position is not None and folded(title) != folded(position.title):
                return position
        return None

    # -- offices --------------------------------------------------------------------------------------------------

    def _office(self, row: Row) -> OfficePlan:
        name = row["name"].replace("\n", "")
        plan = OfficePlan(row, name)
        if not name:
            plan.issues.append(
                row.issue("name", "missing", _("The name is missing. Write the office’s name."))
            )
            plan.settle(exists=False)
            return plan
        self._length(plan, "name", name, NAME_LENGTH)
        self._length(plan, "remark", row["remark"], REMARK_LENGTH)
        plan.names = self._names(plan)
        plan.existing = existing = self._existing(plan)
        values: dict[str, object] = {"name": name}
        if (order := self._order(plan)) is not None:
            values["order"] = order
        if row["kind"]:
            kind = kind_of(row["kind"])
            if kind is None:
                message = _("There is no such kind. Choose one of %(kinds)s.")
                plan.issues.append(
                    row.issue("kind", "unknown_kind", message % {"kinds": "、".join(KIND_WORDS)})
                )
            else:
                values["kind"] = kind
        if row["remark"]:
            values["remark"] = row["remark"]
        self._compare(plan, existing, values, prefix="office")
        self._parent(plan)
        self._other_names(plan)
        self._leaders(plan)
        plan.settle(exists=existing is not None)
        return plan

    def _existing(self, plan: OfficePlan) -> Office | None:
        owner = self.owner.get(folded(plan.name))
        if owner is None:
            # Renamed: the present name stands among the other names of the row, and in no row of its own.
            for other in plan.names:
                candidate = self.owner.get(folded(other.name))
                if (
                    candidate is not None
                    and folded(candidate.name) == folded(other.name)
                    and folded(other.name) not in self.in_file
                ):
                    return candidate
            return None
        if folded(owner.name) == folded(plan.name):
            return owner
        if any(folded(other.name) == folded(owner.name) for other in plan.names):
            return owner
        message = _(
            "This is another name of “%(name)s”. Write that name, or put it into 曾用名 if it was renamed."
        )
        plan.issues.append(plan.row.issue("name", "name_taken", message % {"name": owner.name}))
        return None

    def _names(self, plan: OfficePlan) -> list[OtherName]:
        row = plan.row
        former = split_names(row["former"])
        days = split_names(row["former_until"])
        if days and not former:
            message = _("There is a day and no former name. Write the former name, or empty the cell.")
            plan.issues.append(row.issue("former_until", "day_without_name", message))
        until: list[date | None] = []
        for text in days:
            day = day_of(text)
            until.append(day)
            if day is None:
                message = _("“%(text)s” is no day. Write it as 2022-12-31.") % {"text": text}
                plan.issues.append(row.issue("former_until", "no_day", message))
        if len(until) == 1:
            until *= max(len(former), 1)
        elif until and len(until) != len(former):
            message = _(
                "%(names)s former names and %(days)s days: write one day for each name, in the same order."
            )
            plan.issues.append(
                row.issue("former_until", "day_count", message % {"names": len(former), "days": len(until)})
            )
        until += [None] * (len(former) - len(until))
        names = [
            OtherName(name, is_former=True, valid_to=day) for name, day in zip(former, until, strict=False)
        ]
        formers = {folded(name) for name in former}
        names += [OtherName(name) for name in split_names(row["aliases"]) if folded(name) not in formers]
        own = folded(plan.name)
        return [name for name in names if folded(name.name) != own]

    def _parent(self, plan: OfficePlan) -> None:
        text = plan.row["parent"]
        existing = plan.existing
        if not text:
            if existing is not None and existing.parent_id is not None:
                plan.parent = folded(self.offices[existing.parent_id].name)
            return
        key = folded(text)
        if key not in self.in_file:
            key = self.also_in_file.get(key, key)
        owner = self.owner.get(key)
        if key not in self.in_file and owner is None:
            plan.issues.append(plan.row.issue("parent", "unknown_office", self._unknown_office(text)))
            return
        plan.parent = key if key in self.in_file or owner is None else folded(owner.name)
        before = self.offices[existing.parent_id].name if existing is not None and existing.parent_id else ""
        if plan.parent != folded(before):
            plan.changes.append(FieldChange(HEADINGS["office.parent"], before, text))

    def _unknown_office(self, text: str) -> str:
        names = [
            *(office.name for office in self.offices.values()),
            *(row["name"] for row in self.in_file.values()),
        ]
        close = get_close_matches(text, names, n=1, cutoff=0.5)
        if close:
            message = _(
                "No office is called “%(text)s”. Is it “%(name)s”? Correct the name, or add the office as a row."
            )
            return message % {"text": text, "name": close[0]}
        message = _(
            "No office is called “%(text)s”. Correct the name, or add the office as a row of this sheet."
        )
        return message % {"text": text}

    def _other_names(self, plan: OfficePlan) -> None:
        row, existing = plan.row, plan.existing
        present = (
            {folded(alias.name): alias for alias in existing.aliases.all()} if existing is not None else {}
        )
        for other in plan.names:
            column = "former" if other.is_former else "aliases"
            key = folded(other.name)
            self._length(plan, column, other.name, NAME_LENGTH)
            owner = self.owner.get(key)
            if owner is not None and (existing is None or owner.pk != existing.pk):
                message = _(
                    "“%(name)s” is a name of “%(office)s”. A name belongs to one office; remove it here or there."
                )
                plan.issues.append(
                    row.issue(column, "name_taken", message % {"name": other.name, "office": owner.name})
                )
            elif key in self.in_file or self.claimed.setdefault(key, row).number != row.number:
                at = self.in_file[key].number if key in self.in_file else self.claimed[key].number
                message = _(
                    "“%(name)s” also stands in row %(row)s. A name belongs to one office; remove it in one place."
                )
                plan.issues.append(row.issue(column, "name_twice", message % {"name": other.name, "row": at}))
            alias = present.get(key)
            valid_to = other.valid_to or (alias.valid_to if alias is not None and other.is_former else None)
            if other.is_former and valid_to is None and not row["former_until"]:
                message = _("Until which day was it called “%(name)s”? Write the day into 曾用名停用日期.")
                plan.issues.append(row.issue("former_until", "missing", message % {"name": other.name}))
            before = _described(alias)
            after = _described(OfficeAlias(name=other.name, is_former=other.is_former, valid_to=valid_to))
            if before != after:
                plan.changes.append(FieldChange(HEADINGS[f"office.{column}"], before, after))

    def _leaders(self, plan: OfficePlan) -> None:
        row = plan.row
        if not row["leader"]:
            return
        texts = [row["leader"].replace("\n", "")]
        if folded(texts[0]) not in self.titles and folded(texts[0]) not in self.former_titles:
            texts = split_names(row["leader"], marks=";\n")
        for text in texts:
            key = folded(text)
            if key not in self.titles and key in self.former_titles:
                key = folded(self.former_titles[key].title)
            if key not in self.titles:
                message = _("No post is called so. Add “%(title)s” to the sheet 领导职务, or correct it.")
                plan.issues.append(row.issue("leader", "unknown_position", message % {"title": text}))
                continue
            plan.leaders.append(key)
        present = self.in_charge.get(plan.existing.pk, set()) if plan.existing is not None else set()
        titles = {position.pk: position.title for position in self.positions.values()}
        before = {folded(titles[pk]) for pk in present}
        if plan.leaders and before != set(plan.leaders):
            shown = "；".join(sorted(titles[pk] for pk in present))
            plan.changes.append(FieldChange(HEADINGS["office.leader"], shown, "；".join(texts)))

    # -- both -----------------------------------------------------------------------------------------------------

    def _order(self, plan: RowPlan) -> int | None:
        text = plan.row["order"]
        if not text:
            return None
        number = whole_number(text)
        if number is not None and len(text) <= 6:
            return number
        plan.issues.append(
            plan.row.issue(
                "order", "no_number", _("This is no whole number. Write 1, 2, 3 or leave it empty.")
            )
        )
        return None

    def _length(self, plan: RowPlan, key: str, text: str, most: int) -> None:
        if len(text) > most:
            message = _("The text is too long; at most %(count)s characters.") % {"count": most}
            plan.issues.append(plan.row.issue(key, "too_long", message))

    def _compare(
        self,
        plan: OfficePlan | PositionPlan,
        existing: Office | Position | None,
        values: dict[str, object],
        *,
        prefix: str,
    ) -> None:
        headings = {"title": "title", "is_principal": "principal", "former_titles": "former"}
        for name, value in values.items():
            before = getattr(existing, name) if existing is not None else None
            if before == value:
                continue
            plan.values[name] = value
            heading = HEADINGS[f"{prefix}.{headings.get(name, name)}"]
            plan.changes.append(FieldChange(heading, _in_words(before), _in_words(value)))

    def _no_circles(self) -> None:
        """An office cannot stand below itself, however long the way round."""
        parents = {
            folded(office.name): folded(self.offices[office.parent_id].name) if office.parent_id else ""
            for office in self.offices.values()
        }
        for plan in self.plan.offices:
            if plan.existing is not None:
                parents.pop(folded(plan.existing.name), None)
        parents |= {folded(plan.name): plan.parent for plan in self.plan.offices}
        for plan in self.plan.offices:
            seen, at = {folded(plan.name)}, plan.parent
            while at and at not in seen:
                seen.add(at)
                at = parents.get(at, "")
            if at and at == folded(plan.name):
                message = _("The office would stand below itself. Correct the superior office.")
                plan.issues.append(plan.row.issue("parent", "circle", message))
                plan.outcome = Outcome.WRONG


def _described(alias: OfficeAlias | None) -> str:
    """Another name in words: with the day until which it stood."""
    if alias is None:
        return ""
    if not alias.is_former:
        return alias.name
    return f"{alias.name}({alias.valid_to})" if alias.valid_to else f"{alias.name}()"


def _in_words(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "；".join(str(one) for one in value)
    try:
        return KIND_NAMES[OfficeKind(str(value))]
    except ValueError:
        return str(value)


def plan_register(rows: dict[str, list[Row]], issues: Sequence[Issue] = (), *, today: date) -> RegisterPlan:
    """What these rows would change now."""
    return Planner(rows, issues, today=today).build()
