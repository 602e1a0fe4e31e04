"""The addresses of accounts: signing in, one's own account, the register, and the administrators' pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from accounts.views import audit, home, imports, me, messages, people, register, roles, sign_in

APP_NAME = "accounts"

own: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("me/", me.me, name="me"),
    path("language/", sign_in.set_language, name="language"),
    path("language/en/", sign_in.set_language, {"language": "en"}, name="language_en"),
    path("language/zh/", sign_in.set_language, {"language": "zh-hans"}, name="language_zh"),
    path("messages/", messages.message_list, name="messages"),
    path("messages/read/", messages.read_all, name="messages_read_all"),
    path("messages/<int:pk>/", messages.open_message, name="message_open"),
    # -- the register: ledger administrator -----------------------------------------------------------------------
    path("offices/", register.office_list, name="office_list"),
    path("offices/new/", register.office_edit, name="office_create"),
    path("offices/import/", imports.offices_import, name="offices_import"),
    path("offices/template/", imports.offices_template_file, name="offices_template"),
    path("offices/<int:pk>/", register.office_edit, name="office_edit"),
    path("positions/", register.position_list, name="position_list"),
    path("positions/new/", register.position_edit, name="position_create"),
    path("positions/<int:pk>/", register.position_edit, name="position_edit"),
    # -- accounts: system administrator ---------------------------------------------------------------------------
    path("accounts/", people.account_list, name="account_list"),
    path("accounts/new/", people.account_create, name="account_create"),
    path("accounts/import/", imports.users_import, name="users_import"),
    path("accounts/template/", imports.users_template_file, name="users_template"),
    path("accounts/passwords/", imports.passwords_file, name="passwords_file"),
    path("accounts/<int:pk>/", people.account_edit, name="account_edit"),
    path("accounts/<int:pk>/reset/", people.account_reset, name="account_reset"),
    path("accounts/<int:pk>/deactivate/", people.account_deactivate, name="account_deactivate"),
    path("accounts/<int:pk>/reactivate/", people.account_reactivate, name="account_reactivate"),
    # -- roles: security administrator ----------------------------------------------------------------------------
    path("roles/", roles.role_list, name="role_list"),
    path("roles/requests/", roles.decide_requests, name="role_requests"),
    path("roles/<int:pk>/", roles.role_account, name="role_account"),
    path("roles/<int:pk>/<slug:role>/grant/", roles.role_grant, name="role_grant"),
    path("roles/<int:pk>/<slug:role>/revoke/", roles.role_revoke, name="role_revoke"),
    # -- the audit log: audit administrator -----------------------------------------------------------------------
    path("audit/", audit.audit_log, name="audit_log"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    # django-allauth reverses these names itself; of its pages there are no others.
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-out/", sign_in.sign_out, name="account_logout"),
    path("password/", sign_in.change_password, name="account_change_password"),
    path("password/forgotten/", sign_in.forgotten_password, name="account_reset_password"),
    path("sign-in/inactive/", sign_in.inactive, name="account_inactive"),
    path("", include((own, APP_NAME))),
]
