"""Downloads of a list: exactly the filtered rows, in the reader's scope, streamed, and told to the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from core import audit
from core.csv_writing import streamed_csv
from core.lists.filtering import StrictFilterSet
from core.xlsx_writing import Heading, Value, streamed_xlsx
from remediation.exporting import (
    ITEM_HEADINGS,
    exported_fields,
    headings_text,
    item_lines,
    measure_headings,
    measure_lines,
)
from remediation.filters import Reader
from remediation.models import Ledger, Measure

CONTENT_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def export_measures(
    request: HttpRequest, *, rows: QuerySet[Measure], kind: str, reader: Reader, filters: StrictFilterSet
) -> StreamingHttpResponse:
    """The measures as a workbook that an import reads, or as csv."""
    fields = exported_fields(reader.ledgers)
    lines = measure_lines(rows, ledgers=reader.ledgers, this_year=reader.today.year, fields=fields)
    return _download(
        request,
        headings=measure_headings(fields),
        lines=lines,
        kind=kind,
        title=_title(reader, filters),
        filters=filters,
    )


def export_items(
    request: HttpRequest, *, rows: Iterable[Any], kind: str, reader: Reader, filters: StrictFilterSet
) -> StreamingHttpResponse:
    """The items with what follows from their measures."""
    lines = item_lines(rows, rule=reader.rule, ledgers=reader.ledgers)
    title = _("%(ledger)s by item") % {"ledger": _title(reader, filters)}
    return _download(request, headings=ITEM_HEADINGS, lines=lines, kind=kind, title=title, filters=filters)


def _title(reader: Reader, filters: StrictFilterSet) -> str:
    """The one ledger's title, else the list's."""
    named = filters.value("ledger") or list(reader.ledgers)
    ledger: Ledger | None = reader.ledgers.get(named[0]) if len(named) == 1 else None
    return ledger.title if ledger else _("Ledger list")


def _download(
    request: HttpRequest,
    *,
    headings: Sequence[Heading],
    lines: Iterable[Sequence[Value]],
    kind: str,
    title: str,
    filters: StrictFilterSet,
) -> StreamingHttpResponse:
    audit.record(
        "list_exported", request=request, target=title, format=kind, query=request.GET.urlencode()[:1000]
    )
    if kind == "xlsx":
        content = streamed_xlsx(headings, lines, sheet_name=title)
    else:
        content = streamed_csv(headings_text(headings), lines)
    moment = timezone.localtime()
    name = f"{title}_{moment:%Y%m%d_%H%M}.{kind}"
    response = StreamingHttpResponse(content, content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename=name) or "attachment"
    )
    response["Cache-Control"] = "private, no-store"
    return response
