"""What the list by item filters by: the words of ``remediation.filters`` speak of the item here."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.lists.fields import ChoicesField
from core.lists.filtering import filter_by
from remediation import conditions
from remediation.counting.items import completion_expression
from remediation.filters import UNCOUNTED, LedgerFilterSet, Reader, kinds_named
from remediation.item_lights import with_watch
from remediation.models import Item, ItemOffice, Measure, MeasureOffice
from remediation.states import CompletionStatus, DutyRole


class ItemFilterSet(LedgerFilterSet):
    """Filters of the list by item: the same words speak of the item."""

    status = filter_by(
        ChoicesField, label=_("Completion status"), method="filter_status", choices=CompletionStatus
    )

    class Meta:
        model = Item
        fields: list[str] = []

    def base_rows(self, reader: Reader) -> QuerySet[Item]:
        items: QuerySet[Item] = Item.objects.visible_to(reader.user)
        return with_watch(items)

    def rows(self, *, without: frozenset[str] = frozenset()) -> QuerySet[Item]:
        rows: QuerySet[Item] = super().rows(without=without)
        if not self.problems and not set(self.value("state") or ()) & set(UNCOUNTED):
            rows = rows.exclude(workflow_state__in=UNCOUNTED)
        return rows

    def with_measure(self, condition: Q) -> Exists:
        """Items one of whose counted measures meets ``condition``."""
        return Exists(Measure.objects.filter(condition, item=OuterRef("pk"), is_counted=True).order_by())

    def filter_words(self, rows: QuerySet[Item], name: str, value: str) -> QuerySet[Item]:
        found = Q()
        for word in value.split():
            in_measure = conditions.holds_word(word, "text", "progress", "note")
            found &= conditions.holds_word(word, "problem") | Q(self.with_measure(in_measure))
        if match := self.number_asked():
            number = Q(number=match["item"])
            if match["measure"]:
                number &= Q(self.with_measure(Q(number=int(match["measure"]))))
            if match["kind"]:
                number &= Q(kind__in=kinds_named(match["kind"]))
            found |= number
        return rows.filter(found)

    def filter_office(self, rows: QuerySet[Item], name: str, value: list[int]) -> QuerySet[Item]:
        duties = MeasureOffice.objects.filter(
            measure__item=OuterRef("pk"), measure__is_counted=True, office__in=self.office_ids
        )
        own = ItemOffice.objects.filter(item=OuterRef("pk"), office__in=self.office_ids)
        if role := self.value("role"):
            by_role = {"role": DutyRole.LEAD, "rank": 0} if role == conditions.MAIN_LEAD else {"role": role}
            duties, own = duties.filter(**by_role), own.filter(**by_role)
        return rows.filter(Q(Exists(duties)) | Q(Exists(own)))

    def filter_leader(self, rows: QuerySet[Item], name: str, value: list[int]) -> QuerySet[Item]:
        return rows.filter(Q(leader__in=value) | Q(self.with_measure(Q(leader__in=value))))

    def filter_status(self, rows: QuerySet[Item], name: str, value: list[str]) -> QuerySet[Item]:
        return rows.alias(completion=completion_expression()).filter(completion__in=value)

    def filter_not_completed(self, rows: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        return rows.alias(completion=completion_expression()).exclude(completion=CompletionStatus.COMPLETED)

    def filter_long_term(self, rows: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        long_term = self.with_measure(Q(is_long_term=True))
        return rows.filter(long_term if value else ~long_term)

    def filter_due_after(self, rows: QuerySet[Item], name: str, value: date) -> QuerySet[Item]:
        return rows.filter(standing__due_date__gte=value)

    def filter_due_before(self, rows: QuerySet[Item], name: str, value: date) -> QuerySet[Item]:
        return rows.filter(standing__due_date__lte=value)

    def filter_no_deadline(self, rows: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        dated = self.with_measure(Q(watch_date__isnull=False))
        return rows.filter(~dated, due_date__isnull=True)

    def filter_no_office(self, rows: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        led = MeasureOffice.objects.filter(
            measure__item=OuterRef("pk"), measure__is_counted=True, role=DutyRole.LEAD
        )
        own = ItemOffice.objects.filter(item=OuterRef("pk"), role=DutyRole.LEAD)
        return rows.filter(~Exists(led), ~Exists(own))

    def filter_no_leader(self, rows: QuerySet[Item], name: str, value: bool) -> QuerySet[Item]:
        return rows.filter(~self.with_measure(Q(leader__isnull=False)), leader__isnull=True)
