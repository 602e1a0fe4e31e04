"""Forms as the look draws them: label above, hint below, the summary of errors first."""

from __future__ import annotations

from django.forms.renderers import TemplatesSetting


class LookRenderer(TemplatesSetting):
    """``settings.FORM_RENDERER``: every form and field goes through ``templates/components/form*.html``."""

    form_template_name = "components/form.html"
    field_template_name = "components/form_field.html"
