"""The three kinds of state that stand side by side and are never merged (product text, section 2).

Completion status is how far the work is; workflow state is where the paper is; the light is computed
(``remediation.lights``) and never stored.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class CompletionStatus(models.TextChoices):
    """How far the work is. Measures have no 基本完成: a row that says so is in progress, the word kept."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    BASICALLY_COMPLETED = "basically_completed", _("Basically completed")
    COMPLETED = "completed", _("Completed")


MEASURE_STATUSES = (CompletionStatus.NOT_STARTED, CompletionStatus.IN_PROGRESS, CompletionStatus.COMPLETED)
MEASURE_STATUS_CHOICES = [(status.value, status.label) for status in MEASURE_STATUSES]


class WorkflowState(models.TextChoices):
    """Where the paper is (glossary, section 3)."""

    DRAFT = "draft", _("Draft")
    PENDING_APPROVAL = "pending_approval", _("Pending approval")
    PENDING_ACK = "pending_ack", _("Awaiting receipt")
    HANDLING = "handling", _("In hand")
    PENDING_REVIEW = "pending_review", _("Pending review")
    RETURNED = "returned", _("Returned")
    CONCLUDED = "concluded", _("Concluded")
    PENDING_CLOSURE = "pending_closure", _("Pending strike-off")
    CLOSED = "closed", _("Struck off")
    SUSPENDED = "suspended", _("Suspended")
    TRANSFERRED = "transferred", _("Transferred")
    VOIDED = "voided", _("Voided")


# What rows can stand in today: they open in hand, or as the imported file says (``importing.words``), and an import
# that is taken back voids its own. Later work adds to these, and the filter's menu follows.
REACHED_STATES = (
    WorkflowState.HANDLING,
    WorkflowState.CONCLUDED,
    WorkflowState.CLOSED,
    WorkflowState.VOIDED,
)

# Only open work is lit: grey once concluded, struck off, suspended, transferred or void (product text 2, state 3).
UNLIT_STATES = (
    WorkflowState.CONCLUDED,
    WorkflowState.PENDING_CLOSURE,
    WorkflowState.CLOSED,
    WorkflowState.SUSPENDED,
    WorkflowState.TRANSFERRED,
    WorkflowState.VOIDED,
)
# Left out of every count; suspended ones are in (product text 9.1).
UNCOUNTED_STATES = (WorkflowState.TRANSFERRED, WorkflowState.VOIDED)
# Nobody reports on these any more.
FINISHED_STATES = (WorkflowState.CLOSED, WorkflowState.TRANSFERRED, WorkflowState.VOIDED)


class DeadlineKind(models.TextChoices):
    """What sort of deadline the text names (glossary, section 5)."""

    DATED = "dated", _("Dated")
    IMMEDIATE = "immediate", _("At once")
    LONG_TERM = "long_term", _("Long term")
    RELATIVE = "relative", _("Relative")
    RECURRING = "recurring", _("Recurring")
    RANGE = "range", _("Range")
    MILESTONES = "milestones", _("Milestones")
    NONE = "none", _("No deadline")


class ItemKind(models.TextChoices):
    """What an item is (glossary, section 2)."""

    SPECIFIC_PROBLEM = "specific_problem", _("Specific problem")
    INFERENCE_ITEM = "inference_item", _("Inference item")
    OPINION = "opinion", _("Inspection opinion")
    SUGGESTION = "suggestion", _("Suggestion")
    PROJECT = "project", _("Project")


class SectionKind(models.TextChoices):
    """What a section is (product text 2)."""

    CATEGORY = "category", _("Section")
    KEY_PROBLEM = "key_problem", _("Key problem")
    TASK_GROUP = "task_group", _("Task group")


class DutyRole(models.TextChoices):
    """How an office answers for a measure; counted apart (product text 9.3)."""

    LEAD = "lead", _("Lead")
    ASSISTING = "assisting", _("Assisting")
