"""The look's small parts: each state keeps its shape, says its word, and never escapes wrongly."""

from __future__ import annotations

from pathlib import Path

import django_tables2 as tables
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import mark_safe

from core.style_page import Light, Status, Urgency, Workflow
from core.templatetags import look


def draw(source: str, **context: object) -> str:
    return Template("{% load look %}" + source).render(Context(context))


@pytest.mark.parametrize("light", list(Light))
def test_a_light_has_icon_and_word(light: Light) -> None:
    pill = look.light_pill(light)
    assert f"light-{light.value}" in pill
    assert str(light.label) in pill
    assert look.LIGHT_ICONS[light.value] in pill


def test_a_light_with_a_count_is_one_word_and_zero_is_an_outline() -> None:
    assert "红灯6" in look.light_pill(Light.RED, count=6, href="/x/?light=red&a=1")
    assert 'href="/x/?light=red&amp;a=1"' in look.light_pill(Light.RED, count=6, href="/x/?light=red&a=1")
    zero = look.light_pill(Light.RED, count=0)
    assert "light-zero" in zero
    assert "light-red" not in zero


def test_a_bare_light_keeps_its_word_for_readers() -> None:
    assert '<span class="visually-hidden">红灯</span>5' in look.light_pill(Light.RED, count=5, bare=True)


def test_a_state_without_its_word_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        look.light_pill("red")
    assert "红灯" in look.light_pill("red", label="红灯")


@pytest.mark.parametrize("status", list(Status))
def test_a_status_has_pie_and_word(status: Status) -> None:
    drawn = look.completion(status, percent=60)
    assert look.COMPLETION_ICONS[status.value] in drawn
    assert str(status.label) in drawn
    # The word of the two ends says the percentage.
    assert ("60%" in drawn) is (status in (Status.IN_PROGRESS, Status.BASICALLY_COMPLETED))


@pytest.mark.parametrize("state", list(Workflow))
def test_a_workflow_state_is_a_tag(state: Workflow) -> None:
    tag = look.workflow_tag(state)
    assert tag.startswith('<span class="wf')
    assert str(state.label) in tag
    assert ("wf-closed" in tag) is (state is Workflow.CLOSED)
    assert "wf-mine" in look.workflow_tag(state, mine=True)


def test_urgency_is_a_flag() -> None:
    assert "flag-fill" in look.urgency_flag(Urgency.RED)


def test_a_closed_number_is_struck() -> None:
    assert look.item_number("具体", "7", struck=True).startswith('<s class="number number-struck"')
    assert look.item_number("具体", "7").startswith('<span class="number"')


def test_texts_are_escaped() -> None:
    assert "<b>" not in look.item_number("<b>", "<b>")
    assert "<b>" not in look.light_pill("red", label="<b>")
    assert "<b>" not in look.percent_bar(5, label="<b>")


def test_a_bar_never_grows_past_its_frame() -> None:
    bar = look.rollup_bar(done=34, basic=11, total=45)
    assert 'class="seg-done" x="0" width="755.56"' in bar
    assert 'class="seg-basic" x="755.56" width="244.44"' in bar
    assert "seg-done" not in look.rollup_bar(done=0, total=0)
    assert "seg-full" in look.rollup_bar(done=3, total=3, soft_full=True)


def test_no_part_has_an_inline_style() -> None:
    parts = [look.rollup_bar(done=1, total=2), look.percent_bar(5, label="x"), look.light_pill(Light.RED)]
    assert not [part for part in parts if "style=" in part]


def test_here_changes_the_query_and_goes_back_to_the_first_page() -> None:
    request = RequestFactory().get("/list/?light=red&page=3&q=%E5%8C%BB")
    assert draw("{% here light='blue' %}", request=request) == "?light=blue&amp;q=%E5%8C%BB"
    assert draw("{% here page=4 %}", request=request) == "?light=red&amp;page=4&amp;q=%E5%8C%BB"
    assert draw("{% here light='' q='' %}", request=request) == "/list/"


class SampleTable(tables.Table):
    number = tables.Column(verbose_name="编号", attrs={"col": {"class": "col-number"}})
    percent = tables.Column(verbose_name="百分比", attrs={"th": {"class": "num"}, "td": {"class": "num"}})
    action = tables.Column(verbose_name="操作", orderable=False, empty_values=())

    class Meta:
        attrs = {"class": "table-look table-dense"}


def sample_table(*, url: str, rows: int) -> str:
    table = SampleTable([{"number": f"12-{n}", "percent": n} for n in range(rows)])
    request = RequestFactory().get(url)
    tables.RequestConfig(request, paginate={"per_page": 20}).configure(table)
    return str(table.as_html(request))


def test_a_table_sorts_pages_and_keeps_the_filters() -> None:
    drawn = sample_table(url="/list/?light=red&sort=number&page=2", rows=45)
    assert '<caption class="visually-hidden">' in drawn
    assert drawn.count('scope="col"') == 3
    assert drawn.count("aria-sort=") == 1
    assert 'aria-sort="ascending"' in drawn
    # Sorting keeps the filter and goes back to the first page; a page keeps both.
    assert 'href="?light=red&amp;sort=-number"' in drawn
    assert 'href="?light=red&amp;sort=number&amp;page=3"' in drawn
    assert "第21–40条，共45条" in drawn
    assert '<col class="col-number">' in drawn


def test_a_table_of_one_page_has_no_page_numbers() -> None:
    drawn = sample_table(url="/list/", rows=3)
    assert "第1–3条，共3条" in drawn
    assert 'class="table-look table-dense"' in drawn
    assert "<ul>" not in drawn


def test_every_icon_in_use_exists(tmp_path: Path) -> None:
    if not (settings.BASE_DIR / "node_modules" / "bootstrap-icons").is_dir():
        pytest.skip("front-end packages are not installed (make setup)")
    call_command("build_icons")
    sprite = (settings.BASE_DIR / "static" / "build" / "icons.svg").read_text(encoding="utf-8")
    for name in look.ICONS:
        assert f'id="{name}"' in sprite


def test_an_unknown_icon_stops_the_build(tmp_path: Path) -> None:
    (tmp_path / "static" / "img").mkdir(parents=True)
    (tmp_path / "static" / "img" / "icons.txt").write_text("no-such-icon\n", encoding="utf-8")
    with override_settings(BASE_DIR=tmp_path), pytest.raises(CommandError, match="no icon named"):
        call_command("build_icons")


def test_what_is_kept_of_a_safe_text_is_not_given_for_the_same_plain_one() -> None:
    word = '<b class="x">红灯</b>'
    assert word in look.light_pill("red", label=mark_safe(word))
    assert word not in look.light_pill("red", label=word)
    assert escape(word) in look.light_pill("red", label=word)


def test_a_kept_part_follows_the_language() -> None:
    chinese = look.light_pill(Light.RED, count=6)
    with translation.override("en"):
        english = look.light_pill(Light.RED, count=6)
        assert "Red light 6" in english
    assert "红灯6" in chinese
    assert look.light_pill(Light.RED, count=6) == chinese
