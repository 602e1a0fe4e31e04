"""The look's small parts: icons, the three kinds of state, numbers, dates; ``docs/design-system.md`` shows their use.

Values and their classes stand here once; the words come from the model's choices. A state is given either as a member
of an enumeration with ``value`` and ``label``, or as a plain value together with ``label=``. These parts stand hundreds
of times on a page, so they are written with ``format_html`` instead of a template each, and what repeats is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeVar, cast

from django import template
from django.core.paginator import Page
from django.forms import BaseForm
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from core import notation
from core.date_field import DateInput

register = template.Library()

SPRITE = "build/icons.svg"

LIGHT_ICONS = {
    "red": "exclamation-octagon-fill",
    "yellow": "exclamation-triangle-fill",
    "blue": "clock-fill",
    "green": "play-circle-fill",
    "grey": "dash-circle",
}
COMPLETION_ICONS = {
    "not_started": "pie-none",
    "in_progress": "pie-half",
    "basically_completed": "pie-three",
    "completed": "pie-full",
}
WORKFLOW_ICONS = {
    "pending_ack": "inbox",
    "pending_review": "eye",
    "returned": "arrow-return-left",
    "pending_closure": "hourglass-split",
}
WORKFLOW_CLASSES = {
    "closed": "wf-closed",
    "suspended": "wf-dashed",
    "transferred": "wf-dashed",
    "voided": "wf-dashed",
}
URGENCY_LEVELS = ("red", "yellow", "blue", "green")

# Every icon that Python names; build_icons reads the templates for the others.
ICONS = sorted(
    {*LIGHT_ICONS.values(), *COMPLETION_ICONS.values(), *WORKFLOW_ICONS.values(), "flag-fill", "infinity"}
)


Draw = TypeVar("Draw", bound=Callable[..., SafeString])


def drawn_once(draw: Draw) -> Draw:
    """Keep what ``draw`` returned: a list shows the same few pills, tags and icons fifty times over, page after page.

    Only for parts that are made of their arguments alone: no word is translated inside. ``typed``, because a text and
    a safe text that are equal are not drawn alike.
    """
    return cast(Draw, lru_cache(maxsize=2048, typed=True)(draw))


def _value_and_label(state: Any, label: Any) -> tuple[str, str]:
    """Return a state's value and word, or say what is missing."""
    value = str(getattr(state, "value", state))
    word = label or getattr(state, "label", "")
    if not word:
        raise ValueError(f"{state!r} carries no label: pass the enumeration's member, or label=")
    return value, str(word)


@register.simple_tag
@drawn_once
def icon(name: str, extra: str = "") -> SafeString:
    """Return an icon from the sprite; always hidden from readers, the word stands beside it."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {extra}" if extra else "",
        static(SPRITE),
        name,
    )


@register.simple_tag
def light_pill(
    light: Any, *, label: Any = "", count: int | None = None, href: str = "", bare: bool = False
) -> SafeString:
    """Return a light: pill with icon and word, with ``count`` behind it, as a link with ``href``.

    ``bare`` leaves the word to readers alone and shows icon and count.
    """
    value, word = _value_and_label(light, label)
    classes = f"light light-{value}"
    if count == 0:
        classes = "light light-zero"
    if bare:
        classes, after = f"{classes} light-count", "" if count is None else notation.number(count)
    else:
        word, after = word if count is None else word_and_count(word, count), ""
    inside = _light_words(value, word, after=after, hidden=bare)
    if href:
        return format_html('<a class="{}" href="{}">{}</a>', classes, href, inside)
    return _light(classes, inside)


@drawn_once
def _light(classes: str, inside: SafeString) -> SafeString:
    return format_html('<span class="{}">{}</span>', classes, inside)


@drawn_once
def _light_words(value: str, word: str, *, after: str, hidden: bool) -> SafeString:
    """What stands in a pill: the light's icon, its word (``hidden``: for readers alone), a figure behind it."""
    return format_html(
        "{}<span{}>{}</span>{}",
        icon(LIGHT_ICONS[value]),
        mark_safe(' class="visually-hidden"' if hidden else ""),  # noqa: S308 - one of two constants
        word,
        after,
    )


@register.simple_tag
def days_left(days: int | None, *, none: str = "") -> SafeString:
    """Return the reason of a light: signed working days to the deadline, negative when overdue; None without a date."""
    if days is None:
        return format_html('<span class="light-why">{}</span>', none or gettext("No deadline"))
    return format_html(
        '<span class="light-why{}">{}</span>', " late" if days < 0 else "", notation.days_left_words(days)
    )


@register.simple_tag
def completion(status: Any, *, label: Any = "", percent: Any = None, long_term: bool = False) -> SafeString:
    """Return a completion status: pie, word, percent (not shown at 未启动 and 已完成, where the word says it)."""
    value, word = _value_and_label(status, label)
    shown = percent is not None and value not in ("not_started", "completed")
    return _completion(
        value,
        word,
        percent=notation.whole_percent(percent) if shown else "",
        flag=gettext("Long term") if long_term else "",
    )


@drawn_once
def _completion(value: str, word: str, *, percent: str, flag: str) -> SafeString:
    return format_html(
        '<span class="completion">{}<span>{}</span>{}{}</span>',
        icon(COMPLETION_ICONS[value]),
        word,
        format_html('<span class="completion-percent">{}</span>', percent) if percent else "",
        _long_term_flag(flag) if flag else "",
    )


@register.simple_tag
def long_term_flag() -> SafeString:
    """Return the ∞ flag of 长期坚持, which is no status."""
    return _long_term_flag(gettext("Long term"))


@drawn_once
def _long_term_flag(word: str) -> SafeString:
    return format_html('<span class="long-term">{}{}</span>', icon("infinity"), word)


@register.simple_tag
def workflow_tag(state: Any, *, label: Any = "", mine: bool = False) -> SafeString:
    """Return a workflow state: an outlined tag; ``mine`` when it is the reader's turn."""
    return _workflow_tag(*_value_and_label(state, label), mine=mine)


@drawn_once
def _workflow_tag(value: str, word: str, *, mine: bool) -> SafeString:
    classes = " ".join(["wf", *filter(None, [WORKFLOW_CLASSES.get(value), "wf-mine" if mine else ""])])
    return format_html(
        '<span class="{}">{}{}</span>',
        classes,
        icon(WORKFLOW_ICONS[value]) if value in WORKFLOW_ICONS else "",
        word,
    )


@register.simple_tag
def urgency_flag(level: Any, *, label: Any = "") -> SafeString:
    """Return 紧急程度: a flag and its word."""
    value, word = _value_and_label(level, label)
    return format_html('<span class="urgency urgency-{}">{}{}</span>', value, icon("flag-fill"), word)


@register.simple_tag
def item_number(kind: Any, number: Any, *, struck: bool = False) -> SafeString:
    """Return 编号, such as 具体 12-2; lined through when the item is 已销号."""
    return _item_number(str(kind), str(number), struck=struck)


@drawn_once
def _item_number(kind: str, number: str, *, struck: bool) -> SafeString:
    return format_html(
        '<{0} class="number{1}"><span class="number-kind">{2}</span><span class="number-value">{3}</span></{0}>',
        mark_safe("s" if struck else "span"),  # noqa: S308 - one of two constants
        " number-struck" if struck else "",
        kind,
        number,
    )


@register.simple_tag
def rollup_bar(
    *, done: int, total: int, basic: int = 0, progress: int = 0, big: bool = False, soft_full: bool = False
) -> SafeString:
    """Return a bar of the parts 已完成, 基本完成, 正在推进 and, for the rest, 未启动.

    Hidden from readers: the figures stand beside it. ``soft_full`` pales a full bar, so that laggards stand out.
    """
    return _rollup_bar(done, total, basic=basic, progress=progress, big=big, soft_full=soft_full)


@drawn_once
def _rollup_bar(
    done: int, total: int, *, basic: int, progress: int, big: bool, soft_full: bool
) -> SafeString:
    parts = []
    left = 0.0
    full = "seg-full" if soft_full and total and done == total else "seg-done"
    for name, amount in ((full, done), ("seg-basic", basic), ("seg-prog", progress)):
        width = round(amount * 1000 / total, 2) if total else 0.0
        if width:
            parts.append((name, f"{left:g}", f"{width:g}"))
            left += width
    return format_html(
        '<svg class="rollup{}" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="seg-none" width="1000" height="8"></rect>{}</svg>',
        " rollup-total" if big else "",
        format_html_join("", '<rect class="{}" x="{}" width="{}" height="8"></rect>', parts),
    )


@register.simple_tag
def percent_bar(value: Any, *, label: str, extra: str = "") -> SafeString:
    """Return one value from 0 to 100 as a ``progress`` element with a name for readers."""
    return _percent_bar(f"{float(value or 0):g}", str(label), extra)


@drawn_once
def _percent_bar(value: str, label: str, extra: str) -> SafeString:
    return format_html(
        '<progress class="bar{}" max="100" value="{}" aria-label="{}"></progress>',
        f" {extra}" if extra else "",
        value,
        label,
    )


# -- numbers ---------------------------------------------------------------------------------------------------------


@register.filter
def number(value: Any) -> str:
    """Plain up to four digits, with commas from five."""
    return "" if value is None else notation.number(value)


@register.filter
def percent(value: Any) -> str:
    """One decimal; 100% and 0% without."""
    return "" if value is None else notation.percent(value)


@register.filter
def change(value: Any) -> str:
    """With its sign: +2, −4, 0."""
    return "" if value is None else notation.change(value)


@register.simple_tag
def rate(done: int, total: int) -> str:
    """Return done ÷ total as a percentage; a dash where there is nothing to divide."""
    return notation.percent(done * 100 / total) if total else "–"


@register.simple_tag
def word_and_count(word: Any, count: int) -> str:
    """Return a label with its figure behind it: 红灯6, and Red light 6 where words stand apart."""
    return pgettext("label and figure", "%(word)s %(count)s") % {
        "word": word,
        "count": notation.number(count),
    }


@register.simple_tag
def count_of(count: int, unit: str) -> str:
    """Return a count with its word: measure, item, problem, office, unit (offices and all else), matter or error."""
    words = {
        "measure": ngettext("%(count)s measure", "%(count)s measures", count),
        "item": ngettext("%(count)s item", "%(count)s items", count),
        "problem": ngettext("%(count)s problem", "%(count)s problems", count),
        "office": ngettext("%(count)s office", "%(count)s offices", count),
        "unit": ngettext("%(count)s unit", "%(count)s units", count),
        "matter": ngettext("%(count)s matter", "%(count)s matters", count),
        "error": ngettext("%(count)s error", "%(count)s errors", count),
    }
    return words[unit] % {"count": notation.number(count)}


# -- dates -----------------------------------------------------------------------------------------------------------


@register.simple_tag
def date_input(name: str, value: Any = "", *, id: str, calendar_url: str = "", css: str = "") -> SafeString:  # noqa: A002 - the attribute
    """Return a date field that asks for a day and no deadline: typed, or picked from a month."""
    attrs = {"id": id, "data-plain": "", **({"class": css} if css else {})}
    return DateInput(calendar_url=calendar_url).render(name, value or None, attrs)


@register.filter
def day(value: date | None) -> str:
    """2024-11-30, for tables, fields and facts."""
    return "" if value is None else notation.day(value)


@register.simple_tag(takes_context=True)
def day_words(context: template.Context, value: date | None) -> str:
    """Return 11月30日 for sentences, with the year when it is not this one."""
    return "" if value is None else notation.day_words(value, today=_today(context))


@register.simple_tag(takes_context=True)
def moment(context: template.Context, value: datetime | None) -> SafeString:
    """Return a ``time`` element reading 11-22 09:30, with the year when it is not this one."""
    if value is None:
        return SafeString("")
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return format_html(
        '<time datetime="{}">{}</time>', local.isoformat(), notation.moment(local, today=_today(context))
    )


def _today(context: template.Context) -> date | None:
    """Return the day of the page, which the frame holds; without a frame years are always written."""
    shell = context.get("shell")
    return shell.today if shell else None


# -- messages --------------------------------------------------------------------------------------------------------


@register.filter
def undo_url(message: Any) -> str:
    """Return the address that takes the message's action back, as ``core.toasts.toast`` stored it."""
    from core.toasts import undo_url as stored_url

    return stored_url(message)


# -- addresses -------------------------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def here(context: template.Context, **changes: Any) -> str:
    """Return this page's address with some of its query changed; an empty value removes one. Resets the page."""
    query = context["request"].GET.copy()
    # A piece of the page that is swapped in links to the page.
    query.pop("part", None)
    if "page" not in changes:
        query.pop("page", None)
    for name, value in changes.items():
        if value in (None, ""):
            query.pop(name, None)
        else:
            query[name] = str(value)
    encoded = query.urlencode()
    return f"?{encoded}" if encoded else context["request"].path


@register.simple_tag
def light_zero(light: Any, *, label: Any = "") -> SafeString:
    """Return the outlined pill of a light that nothing has; the zero itself stands beside it."""
    value, word = _value_and_label(light, label)
    return format_html('<span class="light light-zero">{}{}</span>', icon(LIGHT_ICONS[value]), word)


@register.simple_tag
def elided_pages(page: Page[Any]) -> list[int | str]:
    """Return the page numbers to show: first, last and those around this one."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1))


@register.simple_tag
def error_count(form: BaseForm) -> int:
    """Return how many things the form complains of."""
    return sum(len(errors) for errors in form.errors.values())
