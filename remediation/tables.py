"""The tables of both lists: how a measure and an item stand in a row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import notation
from core.addresses import address, address_of
from core.lists.tables import ListColumn, ListTable
from core.templatetags import look
from remediation.filters import light_words
from remediation.lights import LightRule
from remediation.models import Item, Measure
from remediation.numbering import Number, item_number, measure_number
from remediation.states import MEASURE_STATUS_CHOICES, DutyRole, WorkflowState

format_html_lazy = lazy(format_html, SafeString)
BRACKETED = re.compile(r"^(?P<post>[^（(]+)[（(](?P<charge>[^（）()]+)[）)]$")
NOTHING = mark_safe('<span class="muted">–</span>')
LIGHT_HEADING = pgettext_lazy("column", "Light")


def column(heading: Any, name: str, *, order: str | None = None, **kwargs: Any) -> ListColumn:
    """A column whose cells carry ``td-<name>`` and whose width is that of ``col-<name>``."""
    return ListColumn(
        verbose_name=heading,
        orderable=order is not None,
        empty_values=(),
        attrs={"th": {"class": f"th-{name}"}, "td": {"class": f"td-{name}"}, "col": {"class": f"col-{name}"}},
        **kwargs,
    )


# What the columns need in pixels, by their class in lists.css (that of narrow screens); what is left is the text's.
WIDTHS = {
    "check": 40,
    "number": 100,
    "text": 220,
    "office": 112,
    "leader": 104,
    "light": 84,
    "light-why": 116,
    "date": 118,
    "status": 126,
    "num": 64,
    "flow": 82,
    "text-narrow": 168,
    "day": 104,
    "action": 76,
}
# A table that needs more scrolls in a box of its own: 1366 pixels less the sidebar and the edges.
ROOM = 1092


def number_cell(number: Number) -> SafeString:
    """具体 12-2, struck when the item is."""
    return look.item_number(number.kind, number.digits, struck=number.is_struck)


@look.drawn_once
def leader_cell(title: str) -> SafeString:
    """副主任（分管医政）in two lines."""
    found = BRACKETED.match(title)
    if not found:
        return format_html("{}", title)
    return format_html('{}<span class="sub">{}</span>', found["post"], found["charge"])


def clipped(text: str, *, lines: int = 2) -> SafeString:
    """Text in at most two lines; the whole of it is on the item's page."""
    return format_html('<span class="clamp-{}">{}</span>', lines, text)


def names_cell(names: Sequence[str]) -> SafeString:
    """Offices one after the other; a dash where there are none."""
    return clipped("、".join(names)) if names else NOTHING


@look.drawn_once
def due_cell(shown: str, reason: str, *, late: bool) -> SafeString:
    """The deadline and, below it, the reason of the light; either may be missing."""
    lines = [("date", shown), ("light-why late" if late else "light-why", reason)]
    return format_html_join("", '<span class="{}">{}</span>', (line for line in lines if line[1]))


def select_all() -> SafeString:
    """The box of the table's head that ticks the whole page."""
    return format_html_lazy(
        '<input class="check" type="checkbox" data-select-all aria-label="{}">', _("Select this page")
    )


class LitTable(ListTable):
    """What both tables share: the light, its reason and the texts."""

    class Meta:
        attrs = {
            "class": "table-look table-sticky table-fixed list-table",
            # Sorting swaps the list alone.
            "thead": {"hx-boost": "true", "hx-target": "#list", "hx-swap": "outerHTML show:none"},
        }
        template_name = "remediation/ledger/list_table.html"

    def __init__(
        self, rows: Sequence[Any], *, rule: LightRule, open_rows: bool = False, **kwargs: Any
    ) -> None:
        self.rule = rule
        self.words = light_words()
        # As plain texts: a row of a table is no place to look each word up anew.
        self.select_words, self.update_words = str(_("Select %(number)s")), str(_("Update %(number)s"))
        self.update_word = str(_("Update"))
        self.state_words = {value: str(word) for value, word in WorkflowState.choices}
        self.status_words = {value: str(word) for value, word in MEASURE_STATUS_CHOICES}
        super().__init__(rows, **kwargs)

    @property
    def is_wide(self) -> bool:
        """Whether the chosen columns need more room than a screen of 1366 pixels has."""
        names = (column.attrs["col"]["class"].removeprefix("col-") for column in self.columns)
        return sum(WIDTHS.get(name, 0) for name in names) > ROOM

    def render_check(self, record: Any) -> SafeString:
        return format_html(
            '<input class="check" type="checkbox" name="selected" value="{}" form="bulk" data-select aria-label="{}">',
            record.pk,
            self.select_words % {"number": self.number_of(record)},
        )

    def number_of(self, record: Any) -> Number:
        """The number of a row."""
        raise NotImplementedError

    def render_number(self, record: Any) -> SafeString:
        return number_cell(self.number_of(record))

    def light_of(self, record: Any) -> str:
        """The light of a row."""
        return self.rule.light_of(
            is_open=record.is_open, watch_date=record.watch_date, ledger_id=record.ledger_id
        ).value

    def render_light(self, record: Any) -> SafeString:
        light = self.light_of(record)
        return look.light_pill(light, label=self.words[light])

    def reason_of(self, record: Any) -> str:
        """What stands beside the light."""
        return self.rule.reason(is_open=record.is_open, watch_date=record.watch_date)

    def due_of(self, record: Any) -> Any:
        """The day that the row is due on."""
        return record.due_date

    def render_due(self, record: Any) -> SafeString:
        due = self.due_of(record)
        shown = notation.day(due) if due else ""
        if not due and record.watch_date is not None:
            shown = str(_("Review %(day)s")) % {"day": notation.day(record.watch_date)}
        late = self.rule.is_late(is_open=record.is_open, watch_date=record.watch_date)
        return due_cell(shown, self.reason_of(record), late=late)

    def render_flow(self, record: Any) -> SafeString:
        return look.workflow_tag(record.workflow_state, label=self.state_words[record.workflow_state])

    def render_ledger(self, record: Any) -> SafeString:
        return clipped(record.ledger.title)

    def render_updated(self, record: Any) -> str:
        return notation.moment(timezone.localtime(record.updated_at), today=self.rule.today)


def duty_names(record: Any, role: str) -> list[str]:
    """The offices of a row in a role, in the order written, under the names of the ledger's year (``office_names``)."""
    return [duty.shown_name for duty in record.shown_duties if duty.role == role]


class MeasureTable(LitTable):
    """One row per measure."""

    fixed: tuple[str, ...] = ("number", "text")
    shown: tuple[str, ...] = ("number", "text", "lead", "leader", "light", "due", "status", "flow")
    around: tuple[str, ...] = ("check", "action")

    check = column(select_all(), "check")
    number = column(_("Number"), "number", order="number")
    text = column(_("Measure and its problem"), "text")
    lead = column(_("Lead offices"), "office")
    assisting = column(_("Assisting offices"), "office")
    leader = column(_("Responsible leader"), "leader")
    light = column(LIGHT_HEADING, "light")
    due = column(_("Deadline"), "date", order="due")
    status = column(_("Completion status"), "status", order="status")
    flow = column(_("Workflow state"), "flow")
    ledger = column(_("Ledger"), "text-narrow")
    section = column(_("Section"), "text-narrow")
    progress = column(_("Progress"), "text-narrow")
    note = column(_("Note"), "text-narrow")
    deadline_text = column(_("Deadline as written"), "text-narrow")
    first_due = column(_("First deadline"), "day")
    updated = column(_("Updated"), "day", order="updated")
    action = column(format_html_lazy('<span class="visually-hidden">{}</span>', _("Update")), "action")

    class Meta(LitTable.Meta):
        pass

    def __init__(
        self, rows: Sequence[Measure], *, reportable: frozenset[int] = frozenset(), **kwargs: Any
    ) -> None:
        self.reportable = reportable
        super().__init__(rows, **kwargs)

    def number_of(self, record: Measure) -> Number:
        return measure_number(record)

    def render_text(self, record: Measure) -> SafeString:
        return format_html(
            '<a class="clamp-2" href="{}#measure-{}">{}</a><span class="sub clamp-1">{}</span>',
            address_of("remediation:item_detail", record.item_id),
            record.pk,
            record.text,
            record.item.problem,
        )

    def render_lead(self, record: Measure) -> SafeString:
        return names_cell(duty_names(record, DutyRole.LEAD))

    def render_assisting(self, record: Measure) -> SafeString:
        return names_cell(duty_names(record, DutyRole.ASSISTING))

    def render_leader(self, record: Measure) -> SafeString:
        return leader_cell(record.leader.title) if record.leader else NOTHING

    def render_status(self, record: Measure) -> SafeString:
        return look.completion(
            record.status,
            label=self.status_words[record.status],
            percent=record.percent,
            long_term=record.is_long_term,
        )

    def render_section(self, record: Measure) -> SafeString:
        return clipped(record.item.section.title if record.item.section else "–")

    def render_progress(self, record: Measure) -> SafeString:
        return clipped(record.progress or "–")

    def render_note(self, record: Measure) -> SafeString:
        return clipped(record.note or "–")

    def render_deadline_text(self, record: Measure) -> SafeString:
        return clipped(record.deadline_text or "–")

    def render_first_due(self, record: Measure) -> str:
        return notation.day(record.first_due_date) if record.first_due_date else "–"

    def render_action(self, record: Measure) -> SafeString:
        if record.pk not in self.reportable:
            return SafeString("")
        url = address_of("remediation:measure_report", record.pk)
        return format_html(
            '<a class="btn btn-small" href="{}" hx-get="{}?span={}" hx-target="#row-{}" hx-swap="afterend"'
            ' hx-push-url="false" data-row-update aria-label="{}">{}</a>',
            url,
            url,
            len(self.columns),
            record.pk,
            self.update_words % {"number": self.number_of(record)},
            self.update_word,
        )


class ItemTable(LitTable):
    """One row per item; offices, leaders and the deadline are those of its measures."""

    fixed: tuple[str, ...] = ("number", "text")
    shown: tuple[str, ...] = ("number", "text", "lead", "leader", "light", "due", "status", "done", "flow")

    number = column(_("Number"), "number", order="number")
    text = column(_("Problem"), "text")
    lead = column(_("Lead offices"), "office")
    assisting = column(_("Assisting offices"), "office")
    leader = column(_("Responsible leader"), "leader")
    light = column(LIGHT_HEADING, "light-why")
    due = column(_("Deadline"), "date", order="due")
    status = column(_("Completion status"), "status", order="status")
    done = column(_("Measures"), "num")
    flow = column(_("Workflow state"), "flow")
    ledger = column(_("Ledger"), "text-narrow")
    section = column(_("Section"), "text-narrow")
    updated = column(_("Updated"), "day", order="updated")

    class Meta(LitTable.Meta):
        pass

    def number_of(self, record: Item) -> Number:
        return item_number(record)

    def render_text(self, record: Item) -> SafeString:
        return format_html(
            '<a class="clamp-2" href="{}">{}</a>',
            address_of("remediation:item_detail", record.pk),
            record.problem,
        )

    def render_lead(self, record: Item) -> SafeString:
        return names_cell(unique(duty_names(record, DutyRole.LEAD)))

    def render_assisting(self, record: Item) -> SafeString:
        return names_cell(unique(duty_names(record, DutyRole.ASSISTING)))

    def render_leader(self, record: Any) -> SafeString:
        titles = unique(record.shown_leaders)
        return leader_cell(titles[0]) if len(titles) == 1 else names_cell(titles)

    def due_of(self, record: Any) -> Any:
        return record.latest_due

    def render_light(self, record: Any) -> SafeString:
        # The reason is that of the worst measure; the deadline beside it is the latest of all.
        reason = self.reason_of(record)
        late = self.rule.is_late(is_open=record.is_open, watch_date=record.watch_date)
        css = "light-why late" if late else "light-why"
        return format_html('{}<span class="{}">{}</span>', super().render_light(record), css, reason)

    def render_due(self, record: Any) -> SafeString:
        due = self.due_of(record)
        return format_html('<span class="date">{}</span>', notation.day(due) if due else "–")

    def render_status(self, record: Any) -> SafeString:
        return look.completion(record.completion_status, label=record.completion_label)

    def render_done(self, record: Any) -> SafeString:
        if not record.measures_total:
            return NOTHING
        return format_html(
            '<a href="{}?item={}">{}/{}</a>',
            address("remediation:measure_list"),
            record.pk,
            record.measures_completed,
            record.measures_total,
        )

    def render_section(self, record: Item) -> SafeString:
        return clipped(record.section.title if record.section else "–")


class MeasurePrintTable(MeasureTable):
    """All filtered measures on paper (A4 across)."""

    shown: tuple[str, ...] = (
        "serial",
        "number",
        "problem",
        "measure",
        "lead",
        "leader",
        "due_day",
        "light_why",
        "status",
    )
    fixed: tuple[str, ...] = ()
    around: tuple[str, ...] = ()

    serial = column(_("No."), "serial")
    problem = column(_("Problem"), "problem")
    measure = column(_("Rectification measure"), "measure")
    due_day = column(_("Deadline"), "day")
    light_why = column(LIGHT_HEADING, "light-why")

    class Meta(LitTable.Meta):
        attrs = {"class": "table-look print-table"}

    def render_serial(self, record: Any) -> int:
        self.last_serial = getattr(self, "last_serial", 0) + 1
        return self.last_serial

    def render_number(self, record: Any) -> SafeString:
        number = self.number_of(record)
        return look.item_number(number.kind, number.digits, struck=number.is_struck)

    def render_problem(self, record: Any) -> str:
        return str(record.item.problem)

    def render_measure(self, record: Any) -> str:
        return str(record.text)

    def render_lead(self, record: Any) -> SafeString:
        return format_html("{}", "、".join(duty_names(record, DutyRole.LEAD)))

    def render_leader(self, record: Any) -> SafeString:
        return format_html("{}", record.leader.title if record.leader else "")

    def render_due_day(self, record: Any) -> SafeString:
        due = self.due_of(record)
        shown = due or record.watch_date
        if shown is None:
            return SafeString("")
        day = format_html('<span class="nowrap">{}</span>', notation.day(shown))
        return day if due else format_html(str(_("Review %(day)s")) % {"day": "{}"}, day)

    def render_light_why(self, record: Any) -> SafeString:
        return format_html('{}<span class="sub">{}</span>', self.render_light(record), self.reason_of(record))


class ItemPrintTable(ItemTable):
    """All filtered items on paper."""

    shown: tuple[str, ...] = (
        "serial",
        "number",
        "problem",
        "lead",
        "leader",
        "due_day",
        "light_why",
        "status",
        "done",
    )
    fixed: tuple[str, ...] = ()

    serial = column(_("No."), "serial")
    problem = column(_("Problem"), "measure")
    due_day = column(_("Deadline"), "day")
    light_why = column(LIGHT_HEADING, "light-why")

    class Meta(LitTable.Meta):
        attrs = {"class": "table-look print-table"}

    render_serial = MeasurePrintTable.render_serial
    render_due_day = MeasurePrintTable.render_due_day
    render_light_why = ItemTable.render_light

    def render_problem(self, record: Any) -> str:
        return str(record.problem)


def unique(names: Iterable[str]) -> list[str]:
    """Each name once, in the order met."""
    return list(dict.fromkeys(names))
