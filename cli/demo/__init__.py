"""`hookline demo`: the whole path on one machine, with a local HighLevel and a Redis of its own."""

from cli.demo.command import demo

__all__ = ["demo"]
