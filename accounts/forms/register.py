"""Forms of the office register."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.importing.tables import split_names
from accounts.models import Office, OfficeAlias, Position, User, office_tree
from accounts.register import FormerName, owner_of_name
from accounts.roles import Role
from core.date_field import DateInput
from core.file_field import FileInput
from core.finder import FinderSelect, FinderSelectMultiple
from core.text import folded, printable


def other_names() -> dict[str, list[str]]:
    """Office id -> its other names, for the finder."""
    found: dict[str, list[str]] = {}
    for office_id, name in OfficeAlias.objects.values_list("office_id", "name"):
        found.setdefault(str(office_id), []).append(name)
    return found


def names_in(text: str) -> list[str]:
    """Names from a text: one a line, or separated by 、"""
    return split_names("\n".join(printable(line) for line in text.splitlines()), marks="、,;\n")


class OfficeForm(forms.ModelForm[Office]):
    """An office and its other names."""

    aliases = forms.CharField(
        label=gettext_lazy("Other names"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Short names as ledgers write them, one a line. Ledgers are read with them."),
    )

    class Meta:
        model = Office
        fields = ["name", "kind", "parent", "order", "is_active", "successor", "remark"]
        labels = {"is_active": pgettext_lazy("office", "Still exists")}
        help_texts = {
            "order": gettext_lazy("The smaller number stands first."),
            "is_active": gettext_lazy(
                "An office that no longer exists stays in old ledgers and is not offered any more."
            ),
            "successor": gettext_lazy("The office that took over after a reorganisation."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = Office.objects.all()
        if self.instance.pk:
            below = office_tree().below([self.instance.pk])
            offices = offices.exclude(pk__in=below)
            self.fields["name"].help_text = _(
                "When it changes, the name so far is kept below as a former name until yesterday."
                " After correcting a slip, remove it there."
            )
            self.fields["aliases"].initial = "\n".join(
                alias.name for alias in self.instance.aliases.all() if not alias.is_former
            )
        names = other_names()
        for field in ("parent", "successor"):
            self.fields[field].widget = FinderSelect(aliases=names)
            self.fields[field].queryset = offices  # type: ignore[attr-defined]
        self.order_fields(["name", "kind", "parent", "order", "aliases", "remark", "is_active", "successor"])

    def clean_name(self) -> str:
        """A name belongs to one office."""
        name = printable(self.cleaned_data["name"])
        self._require_free(name)
        return name

    def clean_aliases(self) -> list[str]:
        """The same for every other name."""
        names = names_in(self.cleaned_data["aliases"])
        for name in names:
            if len(name) > 100:
                raise ValidationError(_("A name has at most 100 characters."))
            self._require_free(name)
        return names

    def _require_free(self, name: str) -> None:
        owner = owner_of_name(name, besides=self.instance if self.instance.pk else None)
        if owner is not None:
            message = _("“%(name)s” is a name of “%(office)s” already. A name belongs to one office.")
            raise ValidationError(message % {"name": name, "office": owner.name})


class FormerNameForm(forms.Form):
    """One former name."""

    name = forms.CharField(label=gettext_lazy("Former name"), required=False, max_length=100)
    valid_to = forms.DateField(label=gettext_lazy("Until"), required=False, widget=DateInput())

    def clean(self) -> dict[str, Any]:
        """A name and a day, or neither."""
        cleaned = super().clean() or {}
        if cleaned.get("name") and not cleaned.get("valid_to") and "valid_to" not in self.errors:
            self.add_error("valid_to", _("Until which day was this its name?"))
        if cleaned.get("valid_to") and not cleaned.get("name"):
            self.add_error("name", _("Which name stood until this day?"))
        return cleaned


class FormerNames(forms.BaseFormSet[FormerNameForm]):
    """All former names of an office, with room for two more; an emptied row is removed."""

    office: Office | None = None

    def clean(self) -> None:
        """A name belongs to one office, and stands once."""
        seen: set[str] = set()
        for form in self.forms:
            name = printable(form.cleaned_data.get("name") or "") if form.is_valid() else ""
            if not name:
                continue
            owner = owner_of_name(name, besides=self.office)
            if owner is not None:
                message = _("“%(name)s” is a name of “%(office)s” already. A name belongs to one office.")
                form.add_error("name", message % {"name": name, "office": owner.name})
            if folded(name) in seen:
                form.add_error("name", _("This name stands twice."))
            seen.add(folded(name))

    def names(self) -> list[FormerName]:
        """The filled rows."""
        return [
            FormerName(printable(form.cleaned_data["name"]), form.cleaned_data["valid_to"])
            for form in self.forms
            if form.cleaned_data.get("name")
        ]


FormerNameFormSet = forms.formset_factory(FormerNameForm, formset=FormerNames, extra=2, max_num=50)


def former_name_forms(data: Any, office: Office | None) -> FormerNames:
    """The form set of ``office``; what was sent is read without regard to what is stored."""
    stored = (
        [{"name": one.name, "valid_to": one.valid_to} for one in office.aliases.all() if one.is_former]
        if office is not None and data is None
        else None
    )
    forms_of_office = cast(FormerNames, FormerNameFormSet(data, initial=stored, prefix="former"))
    forms_of_office.office = office
    return forms_of_office


class PositionForm(forms.ModelForm[Position]):
    """A leader's post and the offices that it is in charge of."""

    former_titles = forms.CharField(
        label=gettext_lazy("Former titles"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One a line. Ledgers that write them are still read."),
    )
    offices = forms.ModelMultipleChoiceField(
        label=gettext_lazy("In charge of"), required=False, queryset=Office.objects.none()
    )
    from_day = forms.DateField(
        label=gettext_lazy("Changes hold from"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy(
            "For offices added or left out above. Empty: added ones always, left-out ones until yesterday."
        ),
    )

    class Meta:
        model = Position
        fields = ["title", "holder", "is_principal", "order", "is_active", "remark"]
        labels = {"is_active": pgettext_lazy("office", "Still exists")}
        help_texts = {
            "title": gettext_lazy("As ledgers write it; 党委书记、主任 is one title."),
            "is_principal": gettext_lazy("Whoever holds it reads everything."),
            "holder": gettext_lazy("An account with the role of a leader; may be empty."),
        }

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["offices"].widget = FinderSelectMultiple(aliases=other_names())
        self.fields["offices"].queryset = Office.objects.active()  # type: ignore[attr-defined]
        leaders = User.objects.filter(is_active=True, groups__name=Role.LEADER.value)
        if self.instance.pk:
            present = self.instance.portfolios.on(today)
            self.fields["offices"].initial = [portfolio.office_id for portfolio in present]
            self.fields["former_titles"].initial = "\n".join(self.instance.former_titles)
            leaders = User.objects.filter(
                pk__in=[*leaders.values_list("pk", flat=True), *filter(None, [self.instance.holder_id])]
            )
        self.fields["holder"].queryset = leaders  # type: ignore[attr-defined]
        self.order_fields(
            [
                "title",
                "is_principal",
                "holder",
                "offices",
                "from_day",
                "former_titles",
                "order",
                "is_active",
                "remark",
            ]
        )

    def clean_title(self) -> str:
        """A title belongs to one post, whatever the width of its brackets."""
        title = printable(self.cleaned_data["title"])
        others = Position.objects.exclude(pk=self.instance.pk) if self.instance.pk else Position.objects.all()
        for other in others:
            if folded(title) in {folded(one) for one in (other.title, *other.former_titles)}:
                raise ValidationError(_("This is a title of “%(title)s” already.") % {"title": other.title})
        return title

    def clean_former_titles(self) -> list[str]:
        """One a line."""
        lines = self.cleaned_data["former_titles"].splitlines()
        return [title for line in lines if (title := printable(line))]

    def clean(self) -> dict[str, Any] | None:
        """Hand the titles to the model, which takes them as a list."""
        cleaned = super().clean()
        if "former_titles" in self.cleaned_data:
            self.instance.former_titles = self.cleaned_data["former_titles"]
        return cleaned


class UploadForm(forms.Form):
    """One workbook."""

    file = forms.FileField(
        label=gettext_lazy("Workbook"),
        widget=FileInput(attrs={"accept": ".xlsx,.xls,.et,.ods,.csv"}),
        help_text=gettext_lazy(".xlsx, .xls, .et, .ods or .csv, up to 10 MB"),
    )
