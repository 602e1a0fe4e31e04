"""The form that begins an import."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.file_field import FileInput
from core.workbooks.reading import MAX_FILE_BYTES
from remediation.models import Ledger

SUFFIXES = ".xlsx,.xls,.et,.ods,.csv"


class UploadForm(forms.Form):
    """A workbook, and which ledger it belongs to."""

    file = forms.FileField(
        label=_("Workbook"),
        help_text=_("xlsx, xls, et, ods or csv; kinds are told by the content. At most 64 MB."),
        widget=FileInput(attrs={"accept": SUFFIXES}),
        error_messages={"empty": _("The file is empty. Choose the workbook again.")},
    )
    ledger = forms.ModelChoiceField(
        label=_("Ledger"),
        queryset=Ledger.objects.none(),
        required=False,
        empty_label=_("A new ledger"),
        help_text=_("Rows that are there already are recognised and compared."),
    )
    title = forms.CharField(
        label=_("Title of the new ledger"),
        max_length=200,
        required=False,
        help_text=_("Empty: the title in the workbook."),
    )
    year = forms.IntegerField(
        label=_("Year"),
        required=False,
        min_value=1990,
        max_value=2100,
        help_text=_("For deadlines that name none. Empty: the year in the workbook."),
    )
    unfinished_as_basically_completed = forms.BooleanField(
        label=_("Items that are not completed count as basically completed"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the open ledgers."""
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Ledger]", self.fields["ledger"])
        field.queryset = Ledger.objects.open().order_by(F("year").desc(nulls_last=True), "title")

    def clean_file(self) -> UploadedFile[bytes]:
        """Refuse what is too large before it is read."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_FILE_BYTES:
            raise forms.ValidationError(_("The file is larger than 64 MB. Split it."))
        return file


class ReplaceForm(forms.Form):
    """A corrected copy of the workbook."""

    file = forms.FileField(label=_("Workbook"), widget=FileInput(attrs={"accept": SUFFIXES}))
    clean_file = UploadForm.clean_file
