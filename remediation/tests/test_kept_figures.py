"""Kept figures with what was reported since are what counting everything anew would give, at any moment."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from accounts.roles import Role
from core.clock import today
from core.models import CalendarDay
from remediation import kept_figures
from remediation.counting.ledgers import BySection, figures_by_section
from remediation.counting.measures import TOTAL_FIELDS, LiveTotals, distinct_figures, distinct_of
from remediation.editing import change_offices
from remediation.filters import Reader
from remediation.kept_counting import Content, count_ledger
from remediation.kept_figures import read_kept, renewed
from remediation.lights import LightRule
from remediation.models import ChangeMark, EventKind, Ledger, LedgerFigures, Measure
from remediation.parts import WHOLE, Part, parts_of_organ
from remediation.recording import mark_changed, record
from remediation.report_undo import undo_report
from remediation.reporting import Progress, correct_measure, note_assistance, report_progress
from remediation.states import MEASURE_STATUSES, CompletionStatus, WorkflowState
from remediation.work import waiting_count
from tests.ledgers import make_item, make_ledger, make_measure, make_office, make_section
from tests.people import make_position, make_user

pytestmark = pytest.mark.django_db
REPORTS = 60


class Organ:
    """Offices in a tree, a leader with a portfolio, and a ledger with every sort of row."""

    def __init__(self) -> None:
        self.day = today()
        root = make_office("委", kind="organ")
        self.offices = [make_office(f"处室{number}", parent=root, order=number) for number in range(4)]
        self.offices.append(make_office("分院", parent=self.offices[0]))
        self.clerk = make_user(Role.CLERK, office=root)
        self.supervisor = make_user(Role.SUPERVISION_OFFICE, office=root)
        position = make_position("副主任", offices=self.offices[1:3])
        self.leader = make_user(Role.LEADER, office=root, position=position)
        self.ledger = make_ledger(unfinished_counts_as_basically_completed=True)
        section = make_section(self.ledger)
        chance = Random(3)
        for number in range(12):
            item = make_item(
                self.ledger,
                section=section if number % 3 else None,
                kind="inference_item" if number % 4 == 0 else "specific_problem",
                is_reform_item=number % 5 == 0,
                leader=position if number % 6 == 0 else None,
                workflow_state=WorkflowState.SUSPENDED if number == 7 else WorkflowState.HANDLING,
                declared_basically_completed=number == 2,
            )
            for _ in range(chance.randint(1, 4)):
                offices = chance.sample(self.offices, 3)
                measure = make_measure(
                    item,
                    lead=offices[:1],
                    assisting=offices[1 : 1 + chance.randint(0, 2)],
                    due=chance.choice([None, self.day + timedelta(days=chance.randint(-12, 40))]),
                    is_long_term=chance.random() < 0.3,
                    leader=position if chance.random() < 0.3 else None,
                )
                if chance.random() < 0.4:
                    measure.shared_key = chance.choice(["一同整改", "联合检查"])
                    measure.save(update_fields=["shared_key"])
                record(measure, kind=EventKind.BASELINE, actor=None)
        # An item of no measures, answered for by an office of its own.
        make_item(self.ledger, kind="opinion", lead=self.offices[:1], section=section)
        ChangeMark.objects.all().delete()

    @property
    def rule(self) -> LightRule:
        return LightRule.build(self.day, CalendarDay.objects.work_calendar(), ledgers=[self.ledger])

    def counted(self) -> Content:
        """Everything counted anew."""
        return count_ledger(Ledger.objects.get(pk=self.ledger.pk), self.rule, parts_of_organ())

    def keep(self) -> None:
        assert renewed(self.ledger, self.rule).keep()


@pytest.fixture
def organ(monkeypatch: pytest.MonkeyPatch) -> Organ:
    monkeypatch.setattr(kept_figures, "KEEP_FROM", 1)
    return Organ()


def compared(content: Content) -> dict[object, object]:
    """The content without the parts and sections in which there is nothing."""
    parts: dict[object, object] = {
        part: (figures.totals, figures.distinct, +figures.items)
        for part, figures in content.parts.items()
        if figures.totals != LiveTotals() or +figures.items
    }
    sections: dict[object, object] = {pk: (one.totals, one.items) for pk, one in content.sections.items()}
    return {**parts, **sections, **shown_sections(content)}


def shown_sections(content: Content) -> dict[object, object]:
    """The sections of the parts that were read along, without empty ones."""
    return {
        (key, pk): (one.totals, one.items)
        for key, sections in content.part_sections.items()
        for pk, one in sections.items()
        if one.items.total or one.totals != LiveTotals()
    }


def without_part_sections(content: Content) -> dict[object, object]:
    """What a page reads that shows no sections."""
    content.part_sections.clear()
    return compared(content)


def check_counted_anew(organ: Organ) -> None:
    """What is kept does not hold; kept again it is what counting gives."""
    assert not read_kept([organ.ledger.pk], organ.rule).contents
    organ.keep()
    content = read_kept([organ.ledger.pk], organ.rule).contents[organ.ledger.pk]
    assert compared(content) == without_part_sections(organ.counted())


def report_at_random(organ: Organ, chance: Random) -> None:
    """One report, correction, note or undo."""
    measure = chance.choice(list(Measure.objects.exclude(workflow_state=WorkflowState.SUSPENDED)))
    status = chance.choice(MEASURE_STATUSES)
    progress = Progress(status, chance.randint(0, 100), f"进展{chance.random()}")
    what = chance.randrange(5)
    if what == 0:
        correct_measure(measure, progress=progress, reason="核对", actor=organ.supervisor)
    elif what == 1 and measure.duties.filter(role="assisting").exists():
        note_assistance(measure, text="已配合", actor=organ.clerk)
    else:
        report = report_progress(measure, progress=progress, actor=organ.clerk)
        if what == 2 and report is not None:
            undo_report(report, actor=organ.clerk)


def test_reports_are_added_for_whoever_reads_and_by_the_roll_up(organ: Organ) -> None:
    chance = Random(11)
    organ.keep()
    for number in range(REPORTS):
        report_at_random(organ, chance)
        kept = read_kept([organ.ledger.pk], organ.rule)
        assert not kept.as_of
        assert compared(kept.contents[organ.ledger.pk]) == without_part_sections(organ.counted())
        if number % 7 == 0:
            organ.keep()
            assert not ChangeMark.objects.exists()
    organ.keep()
    row = LedgerFigures.objects.get()
    assert compared(Content(row.content, row.part_sections)) == compared(organ.counted())


@pytest.mark.parametrize("person", ["clerk", "leader", "assistant"])
def test_everybody_finds_the_sections_of_what_they_see(organ: Organ, person: str) -> None:
    user = {
        "clerk": make_user(Role.CLERK, office=organ.offices[2]),
        "leader": organ.leader,
        "assistant": make_user(Role.CLERK, office=organ.offices[4]),
    }[person]
    part = Part.seen_by(user)
    chance = Random(5)
    organ.keep()
    for _ in range(REPORTS // 4):
        report_at_random(organ, chance)
        content = read_kept([organ.ledger.pk], organ.rule, sections_of=part).contents[organ.ledger.pk]
        items, measures = organ.ledger.items.visible_to(user), Measure.objects.visible_to(user).counted()
        counted, by_kind = figures_by_section(items, measures, organ.rule)
        kept, figures = content.by_section(part), content.figures_of(part)
        assert kept is not None
        assert figures is not None
        assert +figures.items == by_kind
        assert {pk: seen for pk, seen in shown(kept).items() if any(seen)} == shown(counted)


def shown(by_section: BySection) -> dict[int | None, tuple[int, ...]]:
    """The figures of each section that a page shows."""
    return {
        pk: (*items.as_dict().values(), *(getattr(measures, name) for name in TOTAL_FIELDS))
        for pk, (items, measures) in by_section.items()
    }


def test_figures_kept_before_sections_were_are_counted(organ: Organ) -> None:
    organ.keep()
    LedgerFigures.objects.update(part_sections=None)
    part = Part.seen_by(organ.leader)
    content = read_kept([organ.ledger.pk], organ.rule, sections_of=part).contents[organ.ledger.pk]
    assert content.by_section(part) is None
    assert content.by_section(WHOLE)
    organ.keep()
    row = LedgerFigures.objects.get()
    assert Content(row.content, row.part_sections).by_section(part)


def test_every_part_is_what_its_queries_hold(organ: Organ) -> None:
    measures = Measure.objects.filter(ledger=organ.ledger)
    parts = organ.counted().parts
    assert Part.seen_by(organ.leader) in parts
    for part, figures in parts.items():
        assert figures.totals.total == part.measures(measures.counted()).count(), part
        row = part.measures(measures.counted()).order_by().aggregate(**distinct_figures())
        assert figures.distinct == distinct_of(row), part
        items = part.items(organ.ledger.items.all())
        assert sum(figures.items.values()) == items.count(), part
    assert parts[WHOLE].totals.total == measures.count()


def test_any_other_change_has_it_counted_anew(organ: Organ) -> None:
    organ.keep()
    measure = Measure.objects.filter(workflow_state=WorkflowState.HANDLING).first()
    assert measure is not None
    change_offices(
        [measure], lead=[organ.offices[3].pk], assisting=None, actor=admin(organ), reason="职责调整"
    )
    kept = read_kept([organ.ledger.pk], organ.rule)
    assert not kept.contents
    found, others = kept.of([organ.ledger.pk], WHOLE)
    assert (found.totals.total, others) == (0, [organ.ledger.pk])
    organ.keep()
    content = read_kept([organ.ledger.pk], organ.rule).contents[organ.ledger.pk]
    assert compared(content) == without_part_sections(organ.counted())


def admin(organ: Organ) -> User:
    return make_user(Role.LEDGER_ADMIN, office=organ.offices[0])


def test_a_huge_ledger_shows_what_is_kept_with_its_time(
    organ: Organ, monkeypatch: pytest.MonkeyPatch
) -> None:
    organ.keep()
    mark_changed(organ.ledger.pk)
    monkeypatch.setattr(kept_figures, "EXACT_UNTIL", 5)
    kept = read_kept([organ.ledger.pk], organ.rule)
    assert kept.time_of([organ.ledger.pk]) == LedgerFigures.objects.get().computed_at
    assert kept.of([organ.ledger.pk], WHOLE)[1] == []


def test_what_waits_at_work_follows_from_the_figures_that_the_page_has_read(
    organ: Organ, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    organ.keep()
    report_at_random(organ, Random(8))
    found = []
    for office in organ.offices:
        clerk = make_user(Role.CLERK, office=office)
        reader = read_by(clerk, organ)
        assert (reader.kept_so_far, len(reader.kept.contents)) == (None, 1)
        assert clerk.own_office_ids
        assert clerk.roles
        with django_assert_num_queries(0):
            found.append(waiting_count(clerk, today=organ.day))
        assert found[-1] == waiting_count(User.objects.get(pk=clerk.pk), today=organ.day)
    assert sum(found) > 0


def test_what_waits_at_work_is_counted_where_the_figures_are_of_an_earlier_moment(
    organ: Organ, monkeypatch: pytest.MonkeyPatch
) -> None:
    organ.keep()
    monkeypatch.setattr(kept_figures, "EXACT_UNTIL", 5)
    clerk = make_user(Role.CLERK, office=organ.offices[0])
    before = waiting_count(User.objects.get(pk=clerk.pk), today=organ.day)
    item = make_item(organ.ledger)
    make_measure(item, lead=organ.offices[:1], due=organ.day - timedelta(days=3))
    mark_changed(organ.ledger.pk)
    reader = read_by(clerk, organ)
    assert reader.kept.time_of([organ.ledger.pk]) is not None
    assert waiting_count(clerk, today=organ.day) == before + 1


def read_by(user: User, organ: Organ) -> Reader:
    """The reader of a page, which leaves it with the person."""
    reader = Reader(user, organ.rule, {one.pk: one for one in Ledger.objects.with_kept_total()})
    user._reader = reader  # type: ignore[attr-defined]
    return reader


def test_figures_of_another_day_are_not_used(organ: Organ) -> None:
    organ.keep()
    calendar = CalendarDay.objects.work_calendar()
    tomorrow = LightRule.build(organ.day + timedelta(days=1), calendar, ledgers=[organ.ledger])
    assert not read_kept([organ.ledger.pk], tomorrow).contents


def test_small_ledgers_are_counted_for_every_page(organ: Organ, monkeypatch: pytest.MonkeyPatch) -> None:
    organ.keep()

    def reader() -> Reader:
        ledgers = {ledger.pk: ledger for ledger in Ledger.objects.with_kept_total()}
        return Reader(organ.supervisor, organ.rule, ledgers)

    assert reader().kept.contents
    monkeypatch.setattr(kept_figures, "KEEP_FROM", 1000)
    assert not reader().kept.contents


def test_an_unknown_scope_is_counted_and_an_office_without_rows_has_zeros(organ: Organ) -> None:
    organ.keep()
    kept = read_kept([organ.ledger.pk], organ.rule)
    odd = Part(frozenset(office.pk for office in organ.offices[:2]))
    assert kept.of([organ.ledger.pk], odd)[1] == [organ.ledger.pk]
    nobody = make_office("新处室")
    found, others = kept.of([organ.ledger.pk], Part.of_office(nobody.pk, "lead"))
    assert (found.totals, others) == (LiveTotals(), [])


def test_a_measure_without_a_record_before_its_report_has_it_counted_anew(organ: Organ) -> None:
    item = make_item(organ.ledger)
    measure = make_measure(item, lead=organ.offices[:1])
    organ.keep()
    report_progress(measure, progress=Progress(CompletionStatus.COMPLETED), actor=organ.clerk)
    check_counted_anew(organ)


def test_an_item_with_offices_of_its_own_has_it_counted_anew(organ: Organ) -> None:
    item = make_item(organ.ledger, lead=organ.offices[2:3])
    measure = make_measure(item, lead=organ.offices[:1])
    record(measure, kind=EventKind.BASELINE, actor=None)
    organ.keep()
    report_progress(measure, progress=Progress(CompletionStatus.COMPLETED), actor=organ.clerk)
    check_counted_anew(organ)
