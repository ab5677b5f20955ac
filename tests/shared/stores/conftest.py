import pytest

from shared.local_redis import LocalRedis
from shared.settings import Settings
from tests.shared.stores.refresher import SECRET_KEY


@pytest.fixture
def settings(redis_server: LocalRedis) -> Settings:
    return Settings(redis_url=redis_server.url, secret_key=SECRET_KEY)
