"""A digest in words: its title, the in-site message, the letter (plain text), and where it leads.

First what reached a stage, then what is still overdue; the supervision office's summary by lead office after them.
Digests are worded several at a time, with the same number of questions for one and for many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import formats, translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from accounts.models import Office
from core.workdays import WorkCalendar
from remediation.lights import LightRule
from remediation.links import measures_url
from remediation.models import Measure, MeasureOffice
from remediation.numbering import measure_number
from remediation.states import DutyRole
from supervision.models import Digest, Reminder

# How many measures of each kind, and how many offices, a text names one by one.
NAMED = 30
MEASURE_CHARACTERS = 60


def stage_words(stage: int) -> str:
    """A stage as people say it: 到期前5个工作日, 到期当天, 逾期6个工作日."""
    if stage == 0:
        return _("On the last day")
    if stage < 0:
        return ngettext("%(n)d working day before", "%(n)d working days before", -stage) % {"n": -stage}
    return ngettext("%(n)d working day after", "%(n)d working days after", stage) % {"n": stage}


@dataclass(frozen=True)
class Text:
    """A digest ready to be sent. ``url`` is a path of this site; the letter has full addresses."""

    title: str
    body: str
    letter: str
    url: str


@dataclass
class Source:
    """What a digest names: measures that reached a stage, others that are overdue, and how many there are of each."""

    new: list[int]
    new_total: int
    overdue: list[int]
    overdue_total: int
    summary: dict[str, Any] | None


def worded(digests: Sequence[Digest], *, calendar: WorkCalendar) -> dict[int, Text]:
    """Digest id -> its text, in the installation's language."""
    if not digests:
        return {}
    sources = read_sources(digests)
    named = {pk for source in sources.values() for pk in (*source.new, *source.overdue)}
    measures = Measure.objects.select_related("item", "ledger").in_bulk(list(named))
    offices = lead_office_names(named)
    office_names = dict(
        Office.objects.filter(
            pk__in={
                row[0] for source in sources.values() if source.summary for row in source.summary["offices"]
            }
        )
        .order_by()
        .values_list("pk", "name")
    )
    with translation.override(settings.LANGUAGE_CODE):
        return {
            digest.pk: Wording(
                digest,
                sources[digest.pk],
                measures=measures,
                offices=offices,
                names=office_names,
                calendar=calendar,
            ).text()
            for digest in digests
        }


def read_sources(digests: Sequence[Digest]) -> dict[int, Source]:
    """What each digest names. Of a measure that reached several stages since the last digest the last one counts."""
    new: defaultdict[int, dict[int, Any]] = defaultdict(dict)
    rows = Reminder.objects.filter(digest__in=digests).order_by("stage")
    for digest_id, measure_id, due in rows.values_list("digest_id", "measure_id", "due_date"):
        new[digest_id][measure_id] = due
    sources = {}
    for digest in digests:
        found = new[digest.pk]
        overdue = [pk for pk in digest.content.get("overdue", []) if pk not in found]
        twice = len(digest.content.get("overdue", [])) - len(overdue)
        sources[digest.pk] = Source(
            new=sorted(found, key=lambda pk: (found[pk], pk))[:NAMED],
            new_total=len(found),
            overdue=overdue[:NAMED],
            overdue_total=max(digest.content.get("overdue_total", 0) - twice, 0),
            summary=digest.content.get("summary"),
        )
    return sources


def lead_office_names(measure_ids: Iterable[int]) -> dict[int, list[str]]:
    """Measure -> the names of its lead offices, the main one first."""
    names: defaultdict[int, list[str]] = defaultdict(list)
    rows = MeasureOffice.objects.filter(measure__in=set(measure_ids), role=DutyRole.LEAD).order_by(
        "rank", "pk"
    )
    for measure_id, name in rows.values_list("measure_id", "office__name"):
        names[measure_id].append(name)
    return names


class Wording:
    """One digest being put into words."""

    def __init__(
        self,
        digest: Digest,
        source: Source,
        *,
        measures: dict[int, Measure],
        offices: dict[int, list[str]],
        names: dict[int, str],
        calendar: WorkCalendar,
    ) -> None:
        self.digest = digest
        self.source = source
        self.measures = measures
        self.offices = offices
        self.names = names
        self.rule = LightRule(digest.day, calendar, {})
        self.url = reverse("remediation:work") if source.new_total else measures_url(light="red")

    def text(self) -> Text:
        """The whole digest."""
        return Text(
            title=self.title(),
            body="\n".join(self.paragraphs(with_addresses=False)),
            letter="\n".join(self.letter()),
            url=self.url,
        )

    def title(self) -> str:
        """Subject and heading: how many, and of what."""
        parts = []
        if self.source.new_total:
            total = self.source.new_total
            parts.append(
                ngettext("%(n)d measure to be reminded of", "%(n)d measures to be reminded of", total)
                % {"n": total}
            )
        if self.source.overdue_total:
            total = self.source.overdue_total
            parts.append(ngettext("%(n)d still overdue", "%(n)d still overdue", total) % {"n": total})
        if not parts and self.source.summary:
            summary = self.source.summary
            parts.append(
                _("%(due_soon)d due soon, %(overdue)d overdue in the whole organ")
                % {"due_soon": summary["due_soon"], "overdue": summary["overdue"]}
            )
        return _("Reminder: %(what)s") % {"what": pgettext("between clauses", ", ").join(parts)}

    def letter(self) -> list[str]:
        """The e-mail: greeting, the same paragraphs with addresses, and where to go."""
        day = formats.date_format(self.digest.day, "Y-m-d")
        return [
            _("%(name)s:") % {"name": self.digest.recipient},
            _("These are the reminders of %(day)s.") % {"day": day},
            *self.paragraphs(with_addresses=True),
            "",
            _("Open in the system: %(address)s") % {"address": settings.SITE_URL + self.url},
            _("The system sends at most one such message a working day, and none when nothing new is due."),
        ]

    def paragraphs(self, *, with_addresses: bool) -> list[str]:
        """First what reached a stage, then what is still overdue, then the summary."""
        source = self.source
        lines: list[str] = []
        if source.new_total:
            lines += ["", _("Reached a reminder stage (%(n)d)") % {"n": source.new_total}]
            lines += self.listed(source.new, source.new_total, with_addresses=with_addresses)
        if source.overdue_total:
            lines += ["", _("Still overdue besides (%(n)d)") % {"n": source.overdue_total}]
            lines += self.listed(source.overdue, source.overdue_total, with_addresses=with_addresses)
        if source.summary:
            lines += ["", *self.summarised(source.summary)]
        return lines if with_addresses else lines[1:]

    def listed(self, ids: Sequence[int], total: int, *, with_addresses: bool) -> list[str]:
        """One paragraph for each measure, and how many are not named."""
        lines: list[str] = []
        for position, pk in enumerate(ids, start=1):
            measure = self.measures.get(pk)
            if measure is None:
                continue
            text = Truncator(" ".join(measure.text.split())).chars(MEASURE_CHARACTERS, truncate="…")
            lines.append(f"{position}. {measure_number(measure)} {text}")
            due = measure.watch_date
            lines.append(
                "   "
                + _("Deadline %(date)s, %(reason)s. Lead: %(offices)s. Ledger: %(ledger)s")
                % {
                    "date": due.isoformat() if due else "",
                    "reason": self.rule.reason(is_open=True, watch_date=due),
                    "offices": pgettext("between names", ", ").join(self.offices.get(pk, []))
                    or _("none yet"),
                    "ledger": measure.ledger.title,
                }
            )
            if with_addresses:
                address = reverse("remediation:item_detail", args=[measure.item_id])
                lines.append(f"   {settings.SITE_URL}{address}")
        if total > len(ids):
            left = total - len(ids)
            lines.append(ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left})
        return lines

    def summarised(self, summary: dict[str, Any]) -> list[str]:
        """The supervision office's summary, worst office first."""
        lines = [
            _(
                "In the whole organ %(due_soon)d measures due soon and %(overdue)d overdue ones reached a stage; "
                "%(still)d are overdue in all. By lead office:"
            )
            % {
                "due_soon": summary["due_soon"],
                "overdue": summary["overdue"],
                "still": summary["still_overdue"],
            }
        ]
        rows = summary["offices"]
        for office_id, due_soon, overdue, still in rows[:NAMED]:
            lines.append(
                _("%(office)s: %(due_soon)d due soon, %(overdue)d overdue, %(still)d overdue in all")
                % {
                    "office": self.names.get(office_id, ""),
                    "due_soon": due_soon,
                    "overdue": overdue,
                    "still": still,
                }
            )
        if len(rows) > NAMED:
            left = len(rows) - NAMED
            lines.append(ngettext("and %(n)d more office", "and %(n)d more offices", left) % {"n": left})
        return lines
