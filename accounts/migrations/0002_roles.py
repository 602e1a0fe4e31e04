"""Make the roles, which are groups (accounts.roles)."""

from django.db import migrations

ROLES = [
    "clerk",
    "office_head",
    "supervision_office",
    "leader",
    "discipline_group",
    "ledger_admin",
    "sys_admin",
    "sec_admin",
    "audit_admin",
]


def make_roles(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    for name in ROLES:
        Group.objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
