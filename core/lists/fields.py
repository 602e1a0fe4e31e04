"""Fields of list filters: strict about what they take, and able to say their value in words (chips, print)."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import notation
from core.text import printable, whole_number

MAX_IDS = 1000


class ValuesWidget(forms.Widget):
    """All values of a repeated parameter; lists draw their own controls, so this is never rendered."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        values = data.getlist(name) if isinstance(data, QueryDict) else data.get(name, [])
        if isinstance(values, str):
            values = [values]
        return [value.strip() for value in values if value.strip()]


class ListField(forms.Field):
    """A field of a list filter. ``words`` says a cleaned value as people read it."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """The field of one form: it shares widget and error messages, which nobody changes or draws.

        A list has thirty of them, and Django would copy each with all it holds, page after page.
        """
        return copy.copy(self)

    def words(self, value: Any) -> str:
        """What stands behind the label: ``红灯、黄灯``; empty when the label says it all."""
        return str(value)


class ChoicesField(ListField):
    """One or several of fixed values."""

    widget = ValuesWidget

    def __init__(self, *, choices: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._choices = choices

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Value and word of each possible value."""
        return [(str(value), str(word)) for value, word in getattr(self._choices, "choices", self._choices)]

    def clean(self, value: list[str]) -> list[str]:
        known = {name for name, word in self.choices}
        unknown = [name for name in value if name not in known]
        if unknown:
            raise ValidationError(
                _("There is no such value. Possible: %(choices)s.")
                % {"choices": pgettext("values", ", ").join(word for name, word in self.choices)}
            )
        return list(dict.fromkeys(value))

    def words(self, value: list[str]) -> str:
        words = dict(self.choices)
        return pgettext("values", ", ").join(words[name] for name in value)


class IdsField(ListField):
    """Ids of rows; the filter set looks them up in the reader's scope and puts their names into ``names``."""

    widget = ValuesWidget

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # Set for each form anew, never added to.
        self.names: Mapping[int, str] = {}

    def clean(self, value: list[str]) -> list[int]:
        if len(value) > MAX_IDS:
            raise ValidationError(_("At most %(count)s values.") % {"count": MAX_IDS})
        if any(whole_number(one) is None for one in value):
            raise ValidationError(_("This is no number of a row."))
        return list(dict.fromkeys(int(one) for one in value))

    def missing(self, value: Iterable[int]) -> list[int]:
        """Those that the reader cannot see or that do not exist."""
        return [one for one in value if one not in self.names]

    def words(self, value: Sequence[int]) -> str:
        return pgettext("values", ", ").join(self.names.get(one, str(one)) for one in value)


class OneValueField(ListField):
    """A parameter that stands once."""

    widget = ValuesWidget

    def clean(self, value: list[str]) -> Any:
        if len(value) > 1:
            raise ValidationError(_("This condition takes one value only."))
        return self.value_of(value[0]) if value else None

    def value_of(self, text: str) -> Any:
        """The value that ``text`` names; raises ``ValidationError``."""
        raise NotImplementedError


class FlagField(OneValueField):
    """``1``, and with ``two_ways`` also ``0``. The label says it; ``no_label`` says the other way."""

    def __init__(self, *, no_label: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.no_label = no_label

    def value_of(self, text: str) -> bool:
        if text == "1":
            return True
        if text == "0" and self.no_label is not None:
            return False
        raise ValidationError(
            _("Possible: 1 or 0.") if self.no_label is not None else _("The only possible value is 1.")
        )

    def words(self, value: bool) -> str:
        return ""


class DayField(OneValueField):
    """A day as 2024-11-30."""

    def value_of(self, text: str) -> date:
        try:
            if len(text) != 10:
                raise ValueError(text)
            return date.fromisoformat(text)
        except ValueError as error:
            raise ValidationError(_("There is no such day; write it as 2024-11-30.")) from error

    def words(self, value: date) -> str:
        return notation.day(value)


class CountField(OneValueField):
    """A whole number from 1."""

    def __init__(self, *, most: int = 400, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most = most

    def value_of(self, text: str) -> int:
        if not 1 <= (whole_number(text) or 0) <= self.most:
            raise ValidationError(_("A whole number from 1 to %(most)s.") % {"most": self.most})
        return int(text)


class ChoiceField(OneValueField):
    """One of fixed values."""

    def __init__(self, *, choices: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._choices = choices

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Value and word of each possible value."""
        return [(str(value), str(word)) for value, word in getattr(self._choices, "choices", self._choices)]

    def value_of(self, text: str) -> str:
        if text not in dict(self.choices):
            raise ValidationError(
                _("There is no such value. Possible: %(choices)s.")
                % {"choices": pgettext("values", ", ").join(word for name, word in self.choices)}
            )
        return text

    def words(self, value: str) -> str:
        return dict(self.choices)[value]


class TextField(OneValueField):
    """Words to look for."""

    def __init__(self, *, longest: int = 100, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.longest = longest

    def value_of(self, text: str) -> str:
        text = printable(text)
        if len(text) > self.longest:
            raise ValidationError(_("At most %(count)s characters.") % {"count": self.longest})
        return text

    def words(self, value: str) -> str:
        return f"“{value}”"
