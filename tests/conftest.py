"""What all tests share: a real Redis server, emptied before each test, and a local HighLevel that listens."""

import threading
from collections.abc import Iterator

import hypothesis
import pytest
from redis import Redis

from sandbox.app import create_app
from sandbox.server import create_server
from shared.journal import Journal, connect
from shared.local_redis import LocalRedis
from shared.settings import Settings

# A slow machine is no fault of the code: nothing is timed.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the slow fault tests last, so that a plain mistake shows early."""
    items.sort(key=lambda item: item.get_closest_marker("fault") is not None)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalRedis]:
    server = LocalRedis(tmp_path_factory.mktemp("redis"), 0, "--appendonly", "no").start()
    yield server
    server.stop()


@pytest.fixture
def settings(redis_server: LocalRedis) -> Settings:
    return Settings(redis_url=redis_server.url)


@pytest.fixture
def redis(settings: Settings) -> Iterator[Redis]:
    with connect(settings, connections=20, retries=0) as client:
        client.flushall()
        yield client
        client.connection_pool.disconnect()


@pytest.fixture
def journal(redis: Redis, settings: Settings) -> Journal:
    return Journal(redis, settings)


@pytest.fixture
def highlevel_address() -> Iterator[str]:
    """Serve a sandbox on a port of its own and give its address."""
    server = create_server(create_app(), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
