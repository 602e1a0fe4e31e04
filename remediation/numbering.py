"""编号: the number under which people speak of an item or a measure, such as 具体 12 and 具体 12-2."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import pgettext, pgettext_lazy

from remediation.models import Item, Measure
from remediation.states import ItemKind, WorkflowState

SHORT_KINDS: dict[str, Promise] = {
    ItemKind.SPECIFIC_PROBLEM: pgettext_lazy("number", "Specific"),
    ItemKind.INFERENCE_ITEM: pgettext_lazy("number", "Inference"),
    ItemKind.OPINION: pgettext_lazy("number", "Opinion"),
    ItemKind.SUGGESTION: pgettext_lazy("number", "Suggestion"),
    ItemKind.PROJECT: pgettext_lazy("number", "Project"),
}


@dataclass(frozen=True)
class Number:
    """A number in its two parts; ``is_struck`` when the item has been struck off: it is lined through everywhere."""

    kind: str
    digits: str
    is_struck: bool

    def __str__(self) -> str:
        return pgettext("number of an item", "%(kind)s %(digits)s") % {
            "kind": self.kind,
            "digits": self.digits,
        }


def item_number(item: Item) -> Number:
    """具体 12."""
    return Number(str(SHORT_KINDS[item.kind]), item.number, item.workflow_state == WorkflowState.CLOSED)


def measure_number(measure: Measure) -> Number:
    """具体 12-2; needs ``measure.item`` (select it in lists)."""
    item = measure.item
    digits = f"{item.number}-{measure.number}" if item.number else str(measure.number)
    return Number(str(SHORT_KINDS[item.kind]), digits, item.workflow_state == WorkflowState.CLOSED)
