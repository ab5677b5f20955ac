import pytest

from shared.settings import Settings, SettingsError, load_settings


def test_all_faults_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "localhost")
    monkeypatch.setenv("PORT", "many")

    with pytest.raises(SettingsError) as caught:
        load_settings()

    assert "REDIS_URL: must begin with redis://" in str(caught.value)
    assert "PORT: " in str(caught.value)
    assert 'See "Settings" in the README.' in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LEASE_SECONDS", "10", "LEASE_SECONDS must be 20 more than DELIVERY_SECONDS"),
        ("LEASE_SECONDS", "120", "and less than 120"),
        ("DELIVERY_SECONDS", "2", "DELIVERY_SECONDS must be 5 at least"),
        ("SECRET_KEY", "k" * 31, "SECRET_KEY: must have 32 characters at least, as from `openssl rand -hex 32`"),
        ("ADMIN_TOKEN", "short", "ADMIN_TOKEN: must have 24 characters at least"),
        ("PUBLIC_URL", "hooks.example.com", "PUBLIC_URL: must be a whole address"),
        ("PUBLIC_URL", "https://hooks.example.com/?a=b", "PUBLIC_URL: must be a whole address"),
    ],
)
def test_values_that_cannot_be_used_are_faults(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=says):
        load_settings()


def test_messages_go_to_the_journals_redis_unless_said_otherwise() -> None:
    assert Settings(redis_url="redis://one:6379/0").broker == "redis://one:6379/0"
    assert Settings(broker_url="amqp://two").broker == "amqp://two"


def test_the_public_address_stands_before_a_path() -> None:
    assert Settings(public_url="https://example.com/hookline/").public_url == "https://example.com/hookline"
    assert Settings().public_url == ""
