"""
What each form builder sends: how it signs, names a submission and writes its answers.

`PROVIDERS` holds every builder by the name that `provider = "…"` uses in the configuration.
"""

from shared.providers.base import Provider, Reading, UnreadableBody
from shared.providers.generic_json import GENERIC_JSON
from shared.providers.html_form import HTML_FORM
from shared.providers.typeform import TYPEFORM

__all__ = ["PROVIDERS", "Provider", "Reading", "UnreadableBody"]

PROVIDERS: dict[str, Provider] = {provider.name: provider for provider in (TYPEFORM, GENERIC_JSON, HTML_FORM)}
