"""An uploaded register: written to a temporary file, read by the child process, and gone again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from core.workbooks.grid import Workbook
from core.workbooks.reading import read_workbook
from core.workbooks.refusals import refused

MAX_BYTES = 10 * 1024 * 1024


def read_upload(upload: UploadedFile[Any]) -> Workbook:
    """The workbook that somebody uploaded; raises ``WorkbookRefused`` with a sentence for them."""
    if (upload.size or 0) > MAX_BYTES:
        raise refused("too_large")
    with tempfile.NamedTemporaryFile(prefix="register-") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        return read_workbook(Path(file.name))
