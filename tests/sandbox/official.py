"""HighLevel's own Python SDK, pointed at a sandbox."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Use = Callable[[Any], Awaitable[Any]]


def use_sdk(url: str, version: str, use: Use, **credentials: str) -> Any:
    """Return what comes of using a client of the SDK."""
    sdk: Any = pytest.importorskip("highlevel", reason="needs: pip install gohighlevel-api-client==3.0.0")

    # It has no option for its address; the class attributes are its public way.
    class Local(sdk.HighLevel):  # type: ignore[misc]
        BASE_URL = url
        API_VERSION = version

    async def with_client() -> Any:
        client = Local(**(credentials or {"private_integration_token": "pit-test"}), log_level="none")
        try:
            return await use(client)
        finally:
            await client.close()

    return asyncio.run(with_client())
