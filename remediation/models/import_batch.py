"""``ImportBatch``: one workbook on its way into a ledger, and a job row that one worker claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Timestamped
from core.private_files import PrivateStorage

if TYPE_CHECKING:
    from accounts.models import User


class BatchState(models.TextChoices):
    """How far an import is. Nothing is written to the ledger before ``COMMITTED``."""

    UPLOADED = "uploaded", _("Uploaded")
    REFUSED = "refused", _("Refused")
    MAPPING = "mapping", _("Columns to check")
    PREVIEW_QUEUED = "preview_queued", _("Preview waiting")
    PREVIEWING = "previewing", _("Preview running")
    PREVIEWED = "previewed", _("Preview ready")
    COMMIT_QUEUED = "commit_queued", _("Writing waiting")
    COMMITTING = "committing", _("Writing")
    COMMITTED = "committed", _("Written")
    UNDONE = "undone", _("Withdrawn")
    FAILED = "failed", _("Failed")


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Imports."""

    def visible_to(self, user: User) -> ImportBatchQuerySet:
        """All of them for the ledger administrator, none for anybody else."""
        from accounts.roles import Role

        return self if user.has_role(Role.LEDGER_ADMIN) else self.none()

    def without_preview(self) -> ImportBatchQuerySet:
        """Without what they would do, a megabyte and more each: for whoever lists them or does their work."""
        return self.defer("preview")


class ImportBatch(Timestamped):
    """One import: the file, how it is read, what was answered, what it would do, what it did."""

    ledger = models.ForeignKey(
        "remediation.Ledger",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="batches",
        verbose_name=_("ledger"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    state = models.CharField(_("state"), max_length=15, choices=BatchState, default=BatchState.UPLOADED)
    file = models.FileField(
        _("file"), upload_to="imports/%Y/%m", storage=PrivateStorage(), max_length=300, blank=True
    )
    file_name = models.CharField(_("file name"), max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    # title, year, create_missing, unfinished_as_basically_completed, take_back (row by row) ...
    options = models.JSONField(_("options"), default=dict, blank=True)
    # What the reader found: sheets, header rows, columns with samples, and the chosen field of each.
    layout = models.JSONField(_("layout"), default=dict, blank=True)
    # How unknown offices and positions were settled: {"office": {name: {"is": id, "alias": bool} | {"create": true}}}
    answers = models.JSONField(_("answers"), default=dict, blank=True)
    # Counts, errors, warnings, changes, missing rows: what the preview page shows.
    preview = models.JSONField(_("preview"), default=dict, blank=True)
    result = models.JSONField(_("result"), default=dict, blank=True)
    failure = models.TextField(_("failure"), blank=True)

    # -- the job --------------------------------------------------------------------------------------------------
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    claim = models.CharField(_("claim"), max_length=64, blank=True)
    rows_total = models.PositiveIntegerField(_("rows in all"), default=0)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    committed_at = models.DateTimeField(_("written at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "claimed_at"], name="batch_state_claim")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def ledger_title(self) -> str:
        """The ledger that it went into or shall go into; empty while nobody has said which."""
        return self.ledger.title if self.ledger else str(self.options.get("title") or "")


class ImportLayout(Timestamped):
    """How the columns of a layout were mapped last time; recognised by the signature of its headings."""

    signature = models.CharField(max_length=64, unique=True)
    mapping = models.JSONField(_("mapping"), default=dict)
    used_at = models.DateTimeField(_("last used at"), auto_now=True)

    class Meta:
        verbose_name = _("remembered layout")
        verbose_name_plural = _("remembered layouts")

    def __str__(self) -> str:
        return self.signature[:12]
