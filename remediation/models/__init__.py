"""The ledger and everything in it."""

from remediation.models.figures import LedgerFigures
from remediation.models.history import EventKind, ItemEvent, ProgressReport, ReportKind
from remediation.models.import_batch import BatchState, ImportBatch, ImportLayout
from remediation.models.item import Item, ItemOffice
from remediation.models.ledger import ChangeMark, Ledger, LedgerType, RatesVisibility, Section, StatedTotal
from remediation.models.measure import Measure, MeasureOffice
from remediation.models.saved_filter import SavedFilter
from remediation.models.standing import ItemStanding

__all__ = [
    "BatchState",
    "ChangeMark",
    "EventKind",
    "ImportBatch",
    "ImportLayout",
    "Item",
    "ItemEvent",
    "ItemOffice",
    "ItemStanding",
    "Ledger",
    "LedgerFigures",
    "LedgerType",
    "Measure",
    "MeasureOffice",
    "ProgressReport",
    "RatesVisibility",
    "ReportKind",
    "SavedFilter",
    "Section",
    "StatedTotal",
]
