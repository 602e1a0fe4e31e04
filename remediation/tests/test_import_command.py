"""``manage.py import_ledger``: what it keeps, what it refuses, and how it says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.roles import Role
from remediation.models import ImportBatch
from remediation.tests.importing_register import ledger_file, row, small_register
from tests.people import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register() -> None:
    small_register()


def test_the_batch_keeps_the_choices_and_the_desk_shows_it(client: Client, tmp_path: Path) -> None:
    call_command("import_ledger", ledger_file(tmp_path, row()), title="甲", year=2024, verbosity=0)
    batch = ImportBatch.objects.get()
    assert (batch.options["title"], batch.options["year"]) == ("甲", 2024)
    client.force_login(make_user(Role.LEDGER_ADMIN))
    # A batch of an earlier version kept nothing, and its ledger may be gone.
    ImportBatch.objects.update(options={}, ledger=None)
    assert client.get("/desk/").status_code == 200
