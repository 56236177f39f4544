"""How forms are drawn: each error beside its field."""

from django.forms.renderers import TemplatesSetting


class FormRenderer(TemplatesSetting):
    """`{{ form }}` uses `_form.html`, `{{ field.as_field_group }}` uses `_field.html`."""

    form_template_name = "_form.html"
    field_template_name = "_field.html"
