"""The addresses of accounts: signing in, one's own account, the register, and the administrators' pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from accounts.views import home, me, messages, sign_in

APP_NAME = "accounts"

own: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("me/", me.me, name="me"),
    path("language/", sign_in.set_language, name="language"),
    path("messages/", messages.message_list, name="messages"),
    path("messages/read/", messages.read_all, name="messages_read_all"),
    path("messages/<int:pk>/", messages.open_message, name="message_open"),
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
