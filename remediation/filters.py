"""What the lists filter by: one row of parameters for measures and items (``docs/lists.md``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, cast

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.models import Office, Position, User
from accounts.models.office import OfficeTree
from core.clock import midnight, midnight_after
from core.lists.fields import (
    ChoiceField,
    ChoicesField,
    CountField,
    DayField,
    FlagField,
    IdsField,
    TextField,
)
from core.lists.filtering import StrictFilterSet, filter_by
from remediation import conditions
from remediation.kept_figures import KeptFigures, is_large, read_kept
from remediation.lights import Light, LightRule
from remediation.models import Item, Ledger, Measure, Section
from remediation.numbering import SHORT_KINDS
from remediation.parts import Part
from remediation.states import (
    MEASURE_STATUS_CHOICES,
    UNCOUNTED_STATES,
    DutyRole,
    ItemKind,
    WorkflowState,
)

ROLE_CHOICES = [
    (DutyRole.LEAD.value, _("Lead only")),
    (DutyRole.ASSISTING.value, _("Assisting only")),
    (conditions.MAIN_LEAD, _("Main lead office only")),
]
LIGHT_CHOICES = [
    ("red", pgettext_lazy("light", "Red light")),
    ("yellow", pgettext_lazy("light", "Yellow light")),
    ("blue", pgettext_lazy("light", "Blue light")),
    ("green", pgettext_lazy("light", "Green light")),
    ("grey", pgettext_lazy("light", "Grey light")),
]
# Up to as many rows that hold a word are named by their keys.
FEW = 1000
UNCOUNTED = [state.value for state in UNCOUNTED_STATES]
NUMBER = re.compile(
    r"^(?P<kind>\D*?)\s*(?P<item>[0-9][0-9A-Za-z.]{0,9})(?:\s*[-–—]\s*(?P<measure>[0-9]{1,9}))?$"
)


@dataclass(frozen=True)
class Reader:
    """Whose list it is, on which day; ``ledgers`` are all those that this person may see."""

    user: User
    rule: LightRule
    ledgers: dict[int, Ledger]

    @cached_property
    def kept(self) -> KeptFigures:
        """The kept figures of all ledgers, where one of them is too large to be counted for a page; read once."""
        return self._read_kept()

    @property
    def kept_so_far(self) -> KeptFigures | None:
        """The kept figures where this page has read them already."""
        return cast("KeptFigures | None", vars(self).get("kept"))

    @cached_property
    def kept_by_section(self) -> KeptFigures:
        """The same, with what the reader sees under each section."""
        part = Part.seen_by(self.user)
        return self.kept if part.is_whole else self._read_kept(sections_of=part)

    def _read_kept(self, *, sections_of: Part | None = None) -> KeptFigures:
        if not any(is_large(ledger) for ledger in self.ledgers.values()):
            return KeptFigures()
        return read_kept(self.ledgers, self.rule, sections_of=sections_of)

    @property
    def open_ledgers(self) -> list[Ledger]:
        """Those ledgers that are not archived."""
        return [ledger for ledger in self.ledgers.values() if not ledger.is_archived]

    @property
    def today(self) -> date:
        """The day of the page."""
        return self.rule.today


class LedgerFilterSet(StrictFilterSet):
    """The parameters that both lists share. Subclasses say how a condition on measures narrows their rows."""

    riders = frozenset({"below", "role"})
    # The path from a row to its item.
    to_item = ""

    q = filter_by(TextField, label=_("Words"), method="filter_words")
    ledger = filter_by(IdsField, label=_("Ledger"), method="filter_ledger")
    archived = filter_by(
        FlagField,
        label=_("Archived ledgers"),
        method="filter_archived",
        no_label=_("Without archived ledgers"),
    )
    section = filter_by(IdsField, label=_("Section"), method="filter_section")
    office = filter_by(IdsField, label=_("Office"), method="filter_office")
    below = filter_by(FlagField, label=_("With those below"), method="rider")
    role = filter_by(ChoiceField, label=_("Lead or assisting"), method="rider", choices=ROLE_CHOICES)
    leader = filter_by(IdsField, label=_("Responsible leader"), method="filter_leader")
    light = filter_by(ChoicesField, label=_("Light"), method="filter_light", choices=LIGHT_CHOICES)
    status = filter_by(
        ChoicesField, label=_("Completion status"), method="filter_status", choices=MEASURE_STATUS_CHOICES
    )
    not_completed = filter_by(FlagField, label=_("Not completed"), method="filter_not_completed")
    open = filter_by(
        FlagField, label=_("Being worked on"), method="filter_open", no_label=_("No longer worked on")
    )
    state = filter_by(ChoicesField, label=_("Workflow state"), method="filter_state", choices=WorkflowState)
    kind = filter_by(ChoicesField, label=_("Kind of item"), method="filter_kind", choices=ItemKind)
    reform = filter_by(FlagField, label=_("Reform items"), method="filter_reform")
    long_term = filter_by(
        FlagField, label=_("Long term"), method="filter_long_term", no_label=_("Not long term")
    )
    due_after = filter_by(DayField, label=_("Deadline from"), method="filter_due_after")
    due_before = filter_by(DayField, label=_("Deadline until"), method="filter_due_before")
    due_within = filter_by(CountField, label=_("Due within working days"), method="filter_due_within")
    red_within = filter_by(CountField, label=_("Turned red within days"), method="filter_red_within")
    no_deadline = filter_by(FlagField, label=_("Without deadline"), method="filter_no_deadline")
    no_office = filter_by(FlagField, label=_("Without lead office"), method="filter_no_office")
    no_leader = filter_by(FlagField, label=_("Without responsible leader"), method="filter_no_leader")
    id = filter_by(IdsField, label=_("Selected rows"), method="filter_id")
    batch = filter_by(IdsField, label=_("Import"), method="filter_batch")

    def __init__(self, data: QueryDict, *, reader: Reader) -> None:
        self.reader = reader
        self.rule = reader.rule
        super().__init__(data, self.base_rows(reader))

    def base_rows(self, reader: Reader) -> QuerySet[Any]:
        """The rows that the reader may see."""
        raise NotImplementedError

    # -- ids of what the reader may see --------------------------------------------------------------------------------

    def look_up(self) -> None:
        self.names_of("ledger", {pk: ledger.title for pk, ledger in self.reader.ledgers.items()})
        if self.value("section"):
            self.names_of("section", {pk: section.title for pk, section in self._sections.items()})
        if self.value("office"):
            self.names_of("office", {pk: office.name for pk, office in self._offices.items()})
        elif self.value("below") is not None or self.value("role") is not None:
            for name in ("below", "role"):
                if self.value(name) is not None:
                    self.refuse(name, _t("It says how “Office” is meant: choose an office, too."))
        if leaders := self.value("leader"):
            self.names_of("leader", dict(Position.objects.filter(pk__in=leaders).values_list("pk", "title")))
        self.names_of("batch", {pk: str(pk) for pk in self.value("batch") or ()})
        after, before = self.value("due_after"), self.value("due_before")
        if after and before and after > before:
            self.refuse("due_before", _t("It lies before the first day."))

    def names_of(self, name: str, names: dict[int, str]) -> None:
        """Give an id field its names, and refuse the ids that have none."""
        field = self.form.fields[name]
        assert isinstance(field, IdsField)  # noqa: S101 - tells the type checker
        field.names = names
        if field.missing(self.value(name) or ()):
            self.refuse(name, _t("It does not exist, or you may not see it."))

    @cached_property
    def _sections(self) -> dict[int, Section]:
        wanted = self.value("section") or ()
        ledgers = Section.objects.filter(pk__in=wanted, ledger__in=self.reader.ledgers).values("ledger")
        rows = Section.objects.filter(ledger__in=ledgers).only("pk", "parent_id", "title", "ledger_id")
        return {section.pk: section for section in rows.order_by()}

    @cached_property
    def _offices(self) -> dict[int, Office]:
        return {office.pk: office for office in Office.objects.order_by().only("pk", "parent_id", "name")}

    @cached_property
    def section_ids(self) -> set[int]:
        """The sections asked for and those below them."""
        tree = OfficeTree({pk: section.parent_id for pk, section in self._sections.items()})
        return tree.below(self.value("section"))

    @cached_property
    def office_ids(self) -> set[int]:
        """The offices asked for, with ``below`` also those under them."""
        if not self.value("below"):
            return set(self.value("office"))
        return OfficeTree({pk: office.parent_id for pk, office in self._offices.items()}).below(
            self.value("office")
        )

    def riders_of(self, name: str) -> tuple[str, ...]:
        return ("below", "role") if name == "office" else ()

    def words_of(self, name: str, value: Any) -> str:
        words = super().words_of(name, value)
        if name == "office":
            riders = []
            if self.value("below"):
                riders.append(_t("with those below"))
            if role := self.value("role"):
                riders.append(str(dict(ROLE_CHOICES)[role]))
            if riders:
                words = _t("%(office)s (%(riders)s)") % {
                    "office": words,
                    "riders": pgettext("values", ", ").join(riders),
                }
        elif name == "due_within":
            words = _t("Due within %(count)s working days") % {"count": value}
        elif name == "red_within":
            words = _t("Turned red within %(count)s days") % {"count": value}
        elif name == "id":
            words = _t("%(count)s selected rows") % {"count": len(value)}
        return words

    # -- conditions on the item ----------------------------------------------------------------------------------------

    def on_item(self, **conditions_: Any) -> Q:
        """A condition on the item of a row."""
        return Q(**{f"{self.to_item}{field}": value for field, value in conditions_.items()})

    def filter_ledger(self, rows: QuerySet[Any], name: str, value: list[int]) -> QuerySet[Any]:
        return rows.filter(ledger__in=value)

    def filter_archived(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return rows.filter(
            ledger__in=[pk for pk, one in self.reader.ledgers.items() if one.is_archived is value]
        )

    def filter_section(self, rows: QuerySet[Any], name: str, value: list[int]) -> QuerySet[Any]:
        return rows.filter(self.on_item(section__in=self.section_ids))

    def filter_kind(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        return rows.filter(self.on_item(kind__in=value))

    def filter_reform(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return rows.filter(self.on_item(is_reform_item=True))

    def filter_state(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        return rows.filter(workflow_state__in=value)

    def filter_light(self, rows: QuerySet[Any], name: str, value: list[str]) -> QuerySet[Any]:
        wanted = Q()
        for light in value:
            wanted |= self.rule.condition(light)
        return rows.filter(wanted)

    def filter_open(self, rows: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return rows.filter(is_open=value)

    def filter_due_within(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return rows.filter(conditions.due_within(self.rule.today, self.rule.calendar, workdays=value))

    def filter_red_within(self, rows: QuerySet[Any], name: str, value: int) -> QuerySet[Any]:
        return rows.filter(conditions.newly_red(self.rule.today, days=value))

    def filter_id(self, rows: QuerySet[Any], name: str, value: list[int]) -> QuerySet[Any]:
        return rows.filter(pk__in=value)

    def filter_batch(self, rows: QuerySet[Any], name: str, value: list[int]) -> QuerySet[Any]:
        return rows.filter(batch__in=value)

    def rider(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Says how another condition is meant; narrows nothing itself."""
        return rows

    def number_asked(self) -> re.Match[str] | None:
        """What the words say when they are a number such as 12-2 or 具体12."""
        match = NUMBER.match(self.value("q") or "")
        if match and match["kind"] and not kinds_named(match["kind"]):
            return None
        return match


def few_keys(rows: QuerySet[Any]) -> list[int] | None:
    """The keys of ``rows`` where there are no more than ``FEW``, else ``None``; one query, which stops beyond those."""
    keys = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else None


def kinds_named(word: str) -> list[str]:
    """The item kinds whose short word is ``word``."""
    return [str(kind) for kind, short in SHORT_KINDS.items() if str(short) == word.strip()]


class MeasureFilterSet(LedgerFilterSet):
    """Filters of the list by measure."""

    to_item = "item__"

    dated = filter_by(
        FlagField, label=_("With a deadline"), method="filter_dated", no_label=_("Never had a deadline")
    )
    first_due_passed = filter_by(
        FlagField, label=_("First deadline has passed"), method="filter_first_due_passed"
    )
    reported_after = filter_by(DayField, label=_("Reported from"), method="filter_reported")
    reported_before = filter_by(DayField, label=_("Reported until"), method="filter_reported")
    completed_after = filter_by(DayField, label=_("Completed from"), method="filter_completed")
    completed_before = filter_by(DayField, label=_("Completed until"), method="filter_completed")
    item = filter_by(IdsField, label=_("Item"), method="filter_item")
    shared = filter_by(FlagField, label=_("Shared measures"), method="filter_shared")

    class Meta:
        model = Measure
        fields: list[str] = []

    def base_rows(self, reader: Reader) -> QuerySet[Measure]:
        return Measure.objects.visible_to(reader.user)

    def all_rows(self, *, without: frozenset[str]) -> QuerySet[Measure]:
        """What the reader may see. What an office of theirs answers for is seen in any case: asked for both, PostgreSQL
        takes the two for independent, expects a handful of rows and sorts tens of thousands."""
        in_scope = self.value("office") and self.office_ids <= self.reader.user.scope_office_ids
        if in_scope and "office" not in without:
            return Measure.objects.all()
        return super().all_rows(without=without)

    def rows(self, *, without: frozenset[str] = frozenset()) -> QuerySet[Measure]:
        rows: QuerySet[Measure] = super().rows(without=without)
        # What figures count, unless the state asks for what they leave out.
        if not self.problems and not set(self.value("state") or ()) & set(UNCOUNTED):
            rows = rows.filter(is_counted=True)
        return rows

    def look_up(self) -> None:
        super().look_up()
        if items := self.value("item"):
            visible = Item.objects.visible_to(self.reader.user).filter(pk__in=items)
            self.names_of("item", {pk: problem[:20] for pk, problem in visible.values_list("pk", "problem")})

    def filter_words(self, rows: QuerySet[Measure], name: str, value: str) -> QuerySet[Measure]:
        found = Q()
        for word in value.split():
            found &= conditions.holds_word(word, "text", "progress", "note") | self.of_item_holding(word)
        if match := self.number_asked():
            number = Q(item__number=match["item"])
            if match["measure"]:
                number &= Q(number=int(match["measure"]))
            if match["kind"]:
                number &= Q(item__kind__in=kinds_named(match["kind"]))
            found |= number
        return rows.filter(found)

    def of_item_holding(self, word: str) -> Q:
        """Measures of the items whose problem holds ``word``. Few items are named: a database that joins each measure
        with its item in order to look takes twice as long (``docs/performance.md``)."""
        if word not in self._items_holding:
            self._items_holding[word] = few_keys(Item.objects.filter(conditions.holds_word(word, "problem")))
        named = self._items_holding[word]
        return Q(item__in=named) if named is not None else conditions.holds_word(word, "item__problem")

    @cached_property
    def _items_holding(self) -> dict[str, list[int] | None]:
        return {}

    def filter_office(self, rows: QuerySet[Measure], name: str, value: list[int]) -> QuerySet[Measure]:
        return rows.filter(conditions.answered_for_by(self.office_ids, role=self.value("role")))

    def filter_leader(self, rows: QuerySet[Measure], name: str, value: list[int]) -> QuerySet[Measure]:
        return rows.filter(leader__in=value)

    def filter_status(self, rows: QuerySet[Measure], name: str, value: list[str]) -> QuerySet[Measure]:
        return rows.filter(status__in=value)

    def filter_not_completed(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(conditions.not_completed())

    def filter_long_term(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(is_long_term=value)

    def filter_due_after(self, rows: QuerySet[Measure], name: str, value: date) -> QuerySet[Measure]:
        # The second follows from the first, and the list's own index holds it: what is overdue is passed unread.
        return rows.filter(due_date__gte=value, watch_date__gte=value)

    def filter_due_before(self, rows: QuerySet[Measure], name: str, value: date) -> QuerySet[Measure]:
        return rows.filter(due_date__lte=value, watch_date__lte=value)

    def filter_no_deadline(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(watch_date__isnull=True)

    def filter_no_office(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(conditions.without_lead_office())

    def filter_no_leader(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(leader__isnull=True)

    def filter_dated(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(first_due_date__isnull=not value)

    def filter_first_due_passed(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(conditions.first_due_passed(self.rule.today))

    def filter_reported(self, rows: QuerySet[Measure], name: str, value: date) -> QuerySet[Measure]:
        # ``name`` is empty for filters without a model field; the two ends are applied together, twice is harmless.
        after, before = self.value("reported_after"), self.value("reported_before")
        # As moments: the day of each row would have to be worked out, and no index holds it.
        if after:
            rows = rows.filter(reported_at__gte=midnight(after))
        return rows.filter(reported_at__lt=midnight_after(before)) if before else rows

    def filter_completed(self, rows: QuerySet[Measure], name: str, value: date) -> QuerySet[Measure]:
        after, before = self.value("completed_after"), self.value("completed_before")
        # What is completed is not open: in the order of the list it is then found without passing all that is.
        rows = rows.filter(is_open=False)
        if after:
            rows = rows.filter(completed_on__gte=after)
        return rows.filter(completed_on__lte=before) if before else rows

    def filter_item(self, rows: QuerySet[Measure], name: str, value: list[int]) -> QuerySet[Measure]:
        return rows.filter(item__in=value)

    def filter_shared(self, rows: QuerySet[Measure], name: str, value: bool) -> QuerySet[Measure]:
        return rows.filter(shared_key__isnull=False)


def light_words() -> dict[str, str]:
    """The word of each light as pills say it: 红灯."""
    return {value: str(word) for value, word in LIGHT_CHOICES}


def lights_in_order() -> Iterable[Light]:
    """Worst first."""
    return tuple(Light)
