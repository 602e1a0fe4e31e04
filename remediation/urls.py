"""The addresses of the ledger, by area."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from remediation.views import (
    bulk,
    calendar,
    desk,
    importing,
    item,
    items,
    list_choices,
    measures,
    reporting,
    rows,
    tree,
    work,
)

app_name = "remediation"

urlpatterns: list[URLPattern | URLResolver] = [
    # -- keeping the ledgers ------------------------------------------------------------------------------------
    path("desk/", desk.desk_home, name="desk"),
    path("ledgers/", desk.ledger_list, name="ledger_list"),
    path("ledgers/new/", desk.ledger_edit, name="ledger_create"),
    path("ledgers/<int:pk>/", desk.ledger_detail, name="ledger_detail"),
    path("ledgers/<int:pk>/edit/", desk.ledger_edit, name="ledger_edit"),
    path("ledgers/<int:pk>/policy/", desk.ledger_policy, name="ledger_policy"),
    path("ledgers/<int:pk>/stated/", desk.ledger_stated, name="ledger_stated"),
    path("ledgers/<int:pk>/archive/", desk.ledger_archive, name="ledger_archive"),
    path("ledgers/<int:ledger_pk>/sections/new/", desk.section_edit, name="section_create"),
    path("ledgers/<int:ledger_pk>/sections/<int:pk>/", desk.section_edit, name="section_edit"),
    path("ledgers/<int:ledger_pk>/items/new/", rows.item_create, name="item_create"),
    path("items/<int:pk>/edit/", rows.item_edit, name="item_edit"),
    path("items/<int:item_pk>/measures/new/", rows.measure_create, name="measure_create"),
    path("measures/<int:pk>/edit/", rows.measure_edit, name="measure_edit"),
    path("calendar/", calendar.calendar_year, name="calendar"),
    path("calendar/month/", calendar.calendar_month, name="calendar_month"),
    path("calendar/days/delete/", calendar.calendar_days_delete, name="calendar_days_delete"),
    # -- working on it --------------------------------------------------------------------------------------------
    path("work/", work.work_home, name="work"),
    path("items/<int:pk>/", item.item_detail, name="item_detail"),
    path("items/<int:pk>/report/", item.item_report, name="item_report"),
    path("measures/<int:pk>/row/", reporting.measure_row_view, name="measure_row"),
    path("measures/<int:pk>/report/", reporting.measure_report, name="measure_report"),
    path("measures/<int:pk>/note/", reporting.measure_note, name="measure_note"),
    path("measures/<int:pk>/correct/", reporting.measure_correct, name="measure_correct"),
    path("reports/<int:pk>/undo/", reporting.report_undo, name="report_undo"),
    # -- lists ----------------------------------------------------------------------------------------------------
    path("measures/", measures.MeasureList.as_view(), name="measure_list"),
    path("items/", items.ItemList.as_view(), name="item_list"),
    path("measures/bulk/", bulk.measure_bulk, name="measure_bulk"),
    path("measures/bulk/result/", bulk.measure_bulk_result, name="measure_bulk_result"),
    path("tree/", tree.ledger_tree, name="ledger_tree"),
    path("lists/<str:name>/filter/", list_choices.list_filter, name="list_filter"),
    path("lists/<str:name>/filter/save/", list_choices.filter_save, name="filter_save"),
    path("lists/<str:name>/columns/", list_choices.columns_save, name="columns_save"),
    path("lists/saved/<int:pk>/delete/", list_choices.filter_delete, name="filter_delete"),
    path("counting-rules/", calendar.counting_rules, name="counting_rules"),
    # -- importing ------------------------------------------------------------------------------------------------
    path("imports/", importing.import_list, name="import_list"),
    path("imports/template/", importing.import_template, name="import_template"),
    path("imports/<int:pk>/", importing.import_detail, name="import_detail"),
    path("imports/<int:pk>/mapping/", importing.import_mapping, name="import_mapping"),
    path("imports/<int:pk>/back/", importing.import_back, name="import_back"),
    path("imports/<int:pk>/answers/", importing.import_answers, name="import_answers"),
    path("imports/<int:pk>/commit/", importing.import_commit, name="import_commit"),
    path("imports/<int:pk>/undo/", importing.import_undo, name="import_undo"),
    path("imports/<int:pk>/replace/", importing.import_replace, name="import_replace"),
    path("imports/<int:pk>/discard/", importing.import_discard, name="import_discard"),
    path("imports/<int:pk>/annotated/", importing.import_annotated, name="import_annotated"),
]
