"""Forms of the administrators' pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.forms.register import other_names
from accounts.models import Office, User
from accounts.people import username_taken
from accounts.roles import OFFICE_ROLES, Role
from core.audit import event_words
from core.date_field import DateInput
from core.finder import FinderSelect


class AccountForm(forms.ModelForm[User]):
    """What the system administrator keeps of an account; the sign-in is fixed once it is made."""

    class Meta:
        model = User
        fields = ["display_name", "username", "office", "email"]
        labels = {
            "display_name": pgettext_lazy("person", "Name"),
            "username": gettext_lazy("Sign-in"),
            "email": gettext_lazy("E-mail"),
        }
        help_texts = {
            "username": gettext_lazy("Letters, digits and . - _ ; two characters at least."),
            "email": gettext_lazy("Reminders are sent there where the organ has a mail server."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["display_name"].required = True
        offices = Office.objects.active()
        if self.instance.pk:
            self.fields["username"].disabled = True
            self.fields["username"].help_text = ""
            if self.instance.office_id:
                offices = Office.objects.filter(pk=self.instance.office_id) | offices
        else:
            self.fields["username"].min_length = 2  # type: ignore[attr-defined]
            self.fields["roles"] = forms.MultipleChoiceField(
                label=gettext_lazy("Roles to ask for"),
                required=False,
                choices=Role.choices,
                widget=forms.CheckboxSelectMultiple,
                help_text=gettext_lazy("The security administrator grants them."),
            )
        self.fields["office"].widget = FinderSelect(aliases=other_names())
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]
        for name in ("username", "email"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    def clean_username(self) -> str:
        """Upper and lower case are the same person."""
        username = str(self.cleaned_data["username"])
        if not self.instance.pk and len(username) < 2:
            raise ValidationError(_("A sign-in has 2 to 150 characters. Correct it."))
        if username_taken(username, besides=self.instance if self.instance.pk else None):
            raise ValidationError(_("Somebody signs in so already. Choose another sign-in."))
        return username

    def clean(self) -> dict[str, Any] | None:
        """A clerk or head works for an office."""
        cleaned = super().clean()
        roles = (
            self.instance.roles
            if self.instance.pk
            else {Role(value) for value in self.cleaned_data.get("roles", [])}
        )
        needing = OFFICE_ROLES & roles
        if needing and not self.cleaned_data.get("office") and "office" not in self.errors:
            message = _("%(role)s needs an office.") % {"role": min(needing).label}
            self.add_error("office", message)
        return cleaned


class AccountSearchForm(forms.Form):
    """Which accounts a list shows."""

    q = forms.CharField(required=False, max_length=100)
    role = forms.ChoiceField(required=False, choices=[("", ""), ("none", ""), *Role.choices])
    state = forms.ChoiceField(required=False, choices=[("", ""), ("active", ""), ("inactive", "")])


class AuditFilterForm(forms.Form):
    """Which lines of the audit log are shown."""

    event = forms.ChoiceField(label=gettext_lazy("Event"), required=False)
    actor = forms.CharField(label=gettext_lazy("Actor or target"), required=False, max_length=150)
    succeeded = forms.ChoiceField(
        label=gettext_lazy("Result"),
        required=False,
        choices=[
            ("", gettext_lazy("All")),
            ("1", gettext_lazy("Succeeded")),
            ("0", gettext_lazy("Failed")),
        ],
    )
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=DateInput())
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = sorted(event_words().items(), key=lambda pair: pair[1])
        self.fields["event"].choices = [("", _("All")), *words]  # type: ignore[attr-defined]
