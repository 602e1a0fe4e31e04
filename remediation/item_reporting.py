"""Reporting on an item that has no measures (an opinion): it carries its own status (product text 2)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from remediation.editing import StaleVersion
from remediation.models import EventKind, Item
from remediation.permissions import can_correct_item, can_report_item
from remediation.recording import Change, Duties, record_item
from remediation.states import MEASURE_STATUSES

if TYPE_CHECKING:
    from accounts.models import User


def report_item(
    item: Item,
    *,
    status: str,
    actor: User,
    duties: Duties,
    remark: str = "",
    expected_version: int | None = None,
    moment: datetime | None = None,
) -> bool:
    """Set the status that an item without measures carries itself; whether anything changed.

    A lead office of the item reports, with or without a remark; the supervision office or the ledger administrator
    corrects, with a reason. Raises ``PermissionDenied``, ``StaleVersion`` or ``ValidationError``.
    """
    reports = can_report_item(actor, item, duties=duties)
    if not reports:
        can_correct_item(actor, item).require()
        if not remark.strip():
            raise ValidationError({"remark": _("Say why: a correction needs a reason.")})
    if status not in MEASURE_STATUSES:
        raise ValidationError({"status": _("Choose how far it is.")})
    with transaction.atomic():
        current = Item.objects.select_related("ledger").get(pk=item.pk)
        if current.measures.counted().exists():
            raise ValidationError(_("This item has measures; its status follows from them."))
        if current.reported_status == status:
            return False
        version = current.version if expected_version is None else expected_version
        claimed = Item.objects.filter(pk=current.pk, version=version).update(
            version=F("version") + 1, updated_at=moment or timezone.now(), reported_status=status
        )
        if not claimed:
            raise StaleVersion
        record_item(
            current,
            kind=EventKind.REPORTED if reports else EventKind.CORRECTED,
            actor=actor,
            changes=[Change("reported_status", current.reported_status, status)],
            reason=remark.strip(),
            occurred_at=moment,
        )
    return True
