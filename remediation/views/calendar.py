"""工作日历: a year at a glance for everybody; the ledger administrator enters the yearly arrangement."""

from __future__ import annotations

from calendar import Calendar
from dataclasses import dataclass
from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from core import audit, notation
from core.clock import today
from core.models import CalendarDay, forget_calendar
from core.text import whole_number
from core.toasts import toast
from core.workdays import WorkCalendar
from remediation.context import person
from remediation.forms.calendar import HolidayForm
from remediation.recording import mark_all_changed
from remediation.views.desk import posted, require_ledger_admin

FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class Day:
    """One square of the month view."""

    date: date
    is_rest: bool
    is_makeup: bool
    is_today: bool
    name: str


@dataclass
class Span:
    """Days of one holiday that follow each other and are all off, or all worked."""

    days: list[CalendarDay]

    @property
    def first(self) -> CalendarDay:
        """The first of them."""
        return self.days[0]

    @property
    def last(self) -> CalendarDay:
        """The last of them."""
        return self.days[-1]

    def goes_on_with(self, day: CalendarDay) -> bool:
        """Whether ``day`` belongs to the same line of the notice."""
        return (
            (day.date - self.last.date).days == 1
            and day.is_workday == self.last.is_workday
            and (day.name, day.source) == (self.last.name, self.last.source)
        )


def spans_of(days: list[CalendarDay]) -> list[Span]:
    """The days as the notice lists them, in order."""
    spans: list[Span] = []
    for day in days:
        if spans and spans[-1].goes_on_with(day):
            spans[-1].days.append(day)
        else:
            spans.append(Span([day]))
    return spans


def months_of(
    year: int, calendar: WorkCalendar, names: dict[date, str], now: date
) -> list[list[list[Day | None]]]:
    """Twelve months of weeks from Monday to Sunday; ``None`` where a week reaches into another month."""
    view = Calendar(firstweekday=0)
    return [
        [
            [
                Day(
                    day,
                    is_rest=not calendar.is_workday(day),
                    is_makeup=calendar.is_workday(day) and day.weekday() >= 5,
                    is_today=day == now,
                    name=names.get(day, ""),
                )
                if day.month == month
                else None
                for day in week
            ]
            for week in view.monthdatescalendar(year, month)
        ]
        for month in range(1, 13)
    ]


def asked_year(request: HttpRequest, default: int) -> int:
    """The year of the query; 404 for one that is none."""
    text = request.GET.get("year", "")
    if not text:
        return default
    year = whole_number(text)
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404
    return year


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_year(request: HttpRequest) -> HttpResponse:
    """The year; a holiday is entered by posting the form."""
    user = person(request)
    now = today()
    year = asked_year(request, now.year)
    may_edit = user.has_role(Role.LEDGER_ADMIN)
    form = HolidayForm(posted(request))
    if request.method == "POST":
        require_ledger_admin(request)
        if form.is_valid():
            count = form.save()
            mark_all_changed()
            audit.record("calendar_edited", request=request, target=form.cleaned_data["name"])
            toast(request, ngettext("%(count)d day saved", "%(count)d days saved", count) % {"count": count})
            return redirect(f"{reverse('remediation:calendar')}?year={form.cleaned_data['first'].year}")
    days = list(CalendarDay.objects.filter(date__year=year))
    calendar = CalendarDay.objects.work_calendar()
    context = {
        "page_title": _("Working-day calendar"),
        "year": year,
        "year_choices": [
            (str(shown), f"?year={shown}", shown == year)
            for shown in sorted({now.year - 1, now.year, now.year + 1, year})
        ],
        "weekdays": _("Mo,Tu,We,Th,Fr,Sa,Su").split(","),
        "months": enumerate(months_of(year, calendar, {day.date: day.name for day in days}, now), start=1),
        "spans": spans_of(days),
        "is_covered": calendar.covers(year),
        "form": form if may_edit else None,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "remediation/desk/calendar.html", context, status=status)


@login_required
@require_POST
def calendar_days_delete(request: HttpRequest) -> HttpResponse:
    """Take days out of the table again (``day``, several ids): they follow the week from then on."""
    require_ledger_admin(request)
    chosen = map(whole_number, request.POST.getlist("day"))
    days = list(CalendarDay.objects.filter(pk__in=[pk for pk in chosen if pk is not None]))
    if not days:
        raise Http404
    CalendarDay.objects.filter(pk__in=[day.pk for day in days]).delete()
    forget_calendar()
    mark_all_changed()
    audit.record("calendar_edited", request=request, target=f"{days[0].date:%Y-%m-%d}", removed=len(days))
    toast(
        request, ngettext("%(count)d day removed", "%(count)d days removed", len(days)) % {"count": len(days)}
    )
    return redirect(f"{reverse('remediation:calendar')}?year={days[0].date.year}")


@login_required
@require_safe
def calendar_month(request: HttpRequest) -> JsonResponse:
    """What a date field needs: the rest days and make-up days of ``month``, and what follows from ``day``."""
    try:
        first = date.fromisoformat(f"{request.GET.get('month', '')}-01")
    except ValueError:
        return JsonResponse({"error": _("Give the month as in 2026-11.")}, status=400)
    calendar = CalendarDay.objects.work_calendar()
    days = [day for week in Calendar().monthdatescalendar(first.year, first.month) for day in week]
    month = [day for day in days if day.month == first.month]
    try:
        chosen = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        note = "" if calendar.covers(first.year) else uncovered_note(first.year)
    else:
        note = day_note(chosen, calendar, today())
    return JsonResponse(
        {
            "rest": [day.day for day in month if not calendar.is_workday(day)],
            "makeup": [day.day for day in month if calendar.is_workday(day) and day.weekday() >= 5],
            "note": note,
        }
    )


def uncovered_note(year: int) -> str:
    """That a year counts Monday to Friday for want of an arrangement."""
    return _("The holidays of %(year)d have not been entered; working days count Monday to Friday.") % {
        "year": year
    }


def day_note(day: date, calendar: WorkCalendar, now: date) -> str:
    """What follows from choosing ``day`` as a deadline."""
    left = calendar.between(now, day)
    if day < now:
        words = _("The day has passed.")
    elif not left:
        words = notation.days_left_words(0)
    else:
        words = ngettext("%(days)d working day left", "%(days)d working days left", left) % {"days": left}
    if not calendar.is_workday(day):
        counted = calendar.last_on_or_before(day)
        words = _("A rest day, counted from %(month)d-%(day)d, the working day before; %(words)s") % {
            "month": counted.month,
            "day": counted.day,
            "words": words,
        }
    return words if calendar.covers(day.year) else f"{words} {uncovered_note(day.year)}"


@login_required
@require_safe
def counting_rules(request: HttpRequest) -> HttpResponse:
    """统计口径: how everything is counted; every figure links here."""
    return render(request, "remediation/counting_rules.html", {"page_title": _("Counting rules")})
