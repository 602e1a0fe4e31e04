"""What a file is, decided by its content and never by its name. Pure; imported by the child process."""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from core.workbooks.grid import Refused

ZIP_MAGIC = b"PK\x03\x04"
ZIP_EMPTY_MAGIC = b"PK\x05\x06"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
BIFF_STREAM_MAGICS = (b"\x09\x08", b"\x09\x04", b"\x09\x02", b"\x09\x00")
MAX_ZIP_ENTRIES = 5_000

# An OLE file keeps the names of its parts as UTF-16 text.
OLE_ENCRYPTED = ("EncryptedPackage", "EncryptionInfo")
OLE_MACRO = ("_VBA_PROJECT_CUR", "_VBA_PROJECT")
OLE_BOOK = ("Workbook", "Book")
OLE_DOCUMENTS = ("WordDocument", "PowerPoint Document")


def workbook_kind(path: Path) -> str:
    """``xlsx``, ``xls``, ``ods`` or ``csv``; raises ``Refused`` for everything else.

    WPS's .et is an .xls by content, and so is read as one.
    """
    size = path.stat().st_size
    if not size:
        raise Refused("empty_file")
    with path.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(OLE_MAGIC):
        return _ole_kind(path)
    if head.startswith((ZIP_MAGIC, ZIP_EMPTY_MAGIC)):
        return _zip_kind(path)
    if head.startswith(BIFF_STREAM_MAGICS):
        raise Refused("old_workbook")
    if head.startswith((b"%PDF", b"{\\rtf")):
        raise Refused("document")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<html", b"<!doctype html", b"<?xml", b"<table", b"<meta")):
        raise Refused("web_page")
    if not _looks_like_text(head):
        raise Refused("not_a_workbook")
    return "csv"


def _ole_kind(path: Path) -> str:
    names = path.read_bytes()

    def holds(candidates: tuple[str, ...]) -> bool:
        return any((name + "\0").encode("utf-16-le") in names for name in candidates)

    if holds(OLE_ENCRYPTED):
        raise Refused("encrypted")
    if holds(OLE_DOCUMENTS) and not holds(OLE_BOOK):
        raise Refused("document")
    if not holds(OLE_BOOK):
        raise Refused("damaged")
    if holds(OLE_MACRO):
        raise Refused("macro")
    return "xls"


def _zip_kind(path: Path) -> str:
    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if len(entries) > MAX_ZIP_ENTRIES:
                raise Refused("too_large")
            if any(entry.flag_bits & 1 for entry in entries):
                raise Refused("encrypted")
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
                mimetype = archive.read("mimetype").decode("ascii", "replace")
                if "opendocument.spreadsheet" in mimetype:
                    return "ods"
                if "opendocument" in mimetype:
                    raise Refused("document")
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused("damaged") from error
    lowered = {name.lower() for name in names}
    if any(name.endswith("vbaproject.bin") for name in lowered):
        raise Refused("macro")
    if any(name.endswith("workbook.bin") for name in lowered):
        raise Refused("binary_workbook")
    if "xl/workbook.xml" in lowered or any(
        name.startswith("xl/") and name.endswith(".xml") for name in lowered
    ):
        return "xlsx"
    if any(name.startswith(("word/", "ppt/")) for name in lowered):
        raise Refused("document")
    raise Refused("not_a_workbook")


def _looks_like_text(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    control = sum(byte < 32 and byte not in b"\t\r\n\x0b\x0c\x1a" for byte in head)
    return not control
