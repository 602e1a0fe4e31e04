"""Why a file is not read, in words that say what to do about it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.workbooks.grid import Refused

MESSAGES = {
    "empty_file": _("The file is empty. Choose the workbook again."),
    "not_a_workbook": _(
        "This is not a workbook: its content is neither .xlsx, .xls, .et, .ods nor .csv. Open "
        "it in WPS or Excel and save it as .xlsx."
    ),
    "damaged": _(
        "The workbook is damaged or incomplete. Open it in WPS or Excel, save it again as "
        ".xlsx, and upload the new file."
    ),
    "encrypted": _(
        "The workbook is protected by a password. Remove the password, save it, and upload it again."
    ),
    "macro": _(
        "The workbook contains macros and is not read. Save it as .xlsx (without macros) and upload it again."
    ),
    "binary_workbook": _("Binary workbooks (.xlsb) are not read. Save it as .xlsx and upload it again."),
    "old_workbook": _(
        "This workbook is of an Excel older than 97. Open it in WPS or Excel and save it as .xlsx."
    ),
    "document": _(
        "This is a document and not a workbook. Copy its table into a workbook and save it as .xlsx."
    ),
    "web_page": _(
        "This is a web page saved under another name. Open it in WPS or Excel and save it as .xlsx."
    ),
    "too_large": _(
        "The workbook unpacks to more than can be read safely. Delete pictures and sheets that "
        "are not needed, or split it."
    ),
    "external_entity": _(
        "The workbook declares external content (an XML entity) and is not read. Copy the table "
        "into a new workbook."
    ),
    "far_cell": _(
        "Cell {cell} of sheet “{sheet}” lies far outside the table. Delete the empty rows and "
        "columns after the table and save."
    ),
    "too_slow": _("Reading the workbook takes too long. Copy the table into a new workbook, or split it."),
    "crashed": _(
        "The workbook cannot be read. Open it in WPS or Excel, copy the table into a new "
        "workbook and save it as .xlsx."
    ),
}


class WorkbookRefused(Exception):
    """The workbook is not read: ``code`` for programs, ``str()`` for people."""

    def __init__(self, refusal: Refused) -> None:
        self.code = refusal.code
        self.detail = refusal.detail
        super().__init__(str(MESSAGES[refusal.code]).format(**refusal.detail))


def refused(code: str, **detail: str | int) -> WorkbookRefused:
    """A refusal decided in this process."""
    return WorkbookRefused(Refused(code, **detail))


__all__ = ["MESSAGES", "WorkbookRefused", "refused"]
