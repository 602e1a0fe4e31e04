"""What watches over the ledgers: reminders, digests and completion snapshots."""

from supervision.models.reminder import Channel, Digest, DigestState, Reminder, ReminderRun
from supervision.models.snapshot import CompletionSnapshot

__all__ = ["Channel", "CompletionSnapshot", "Digest", "DigestState", "Reminder", "ReminderRun"]
