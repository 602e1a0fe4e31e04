"""Ledgers stand in one order on every database: the latest year first, those without a year last."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from remediation.models import Ledger
from tests.ledgers import make_ledger

pytestmark = pytest.mark.django_db


def test_a_ledger_without_a_year_comes_last_and_an_archived_one_after_the_open(
    client: Client, ledger_admin: User
) -> None:
    for title, fields in (
        ("无年度", {}),
        ("二〇二四", {"year": 2024}),
        ("二〇二六", {"year": 2026}),
        ("已归档", {"year": 2027, "archived_at": timezone.now()}),
    ):
        make_ledger(title, **fields)
    assert list(Ledger.objects.open().values_list("title", flat=True)) == ["二〇二六", "二〇二四", "无年度"]
    client.force_login(ledger_admin)
    page = client.get(reverse("supervision:dashboard"))
    assert page.status_code == 200
    choices = [choice["label"] for choice in page.context["ledger_switcher"]["choices"]]
    shown = [label for label in choices if label in {"无年度", "二〇二四", "二〇二六", "已归档"}]
    assert shown[:3] == ["二〇二六", "二〇二四", "无年度"]
