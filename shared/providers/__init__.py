"""
What each form builder sends: how it signs, names a submission and writes its answers.

`PROVIDERS` holds every builder by the name that `provider = "…"` uses in the configuration. Each is one module in
`builders`, found by itself.
"""

from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

from shared.providers import builders
from shared.providers.base import Proof, Provider, Reading, UnreadableBody
from shared.providers.bounds import bounded

__all__ = ["PROVIDERS", "Proof", "Provider", "Reading", "UnreadableBody"]


def _found() -> dict[str, Provider]:
    names = sorted(module.name for module in iter_modules(builders.__path__))
    modules = [import_module(f"{builders.__name__}.{name}") for name in names]
    providers = [replace(module.PROVIDER, read=bounded(module.PROVIDER.read)) for module in modules]
    return {provider.name: provider for provider in providers}


PROVIDERS: dict[str, Provider] = _found()
