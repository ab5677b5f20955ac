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
    ],
)
def test_times_that_do_not_fit_each_other_are_faults(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=says):
        load_settings()


def test_messages_go_to_the_journals_redis_unless_said_otherwise() -> None:
    assert Settings(redis_url="redis://one:6379/0").broker == "redis://one:6379/0"
    assert Settings(broker_url="amqp://two").broker == "amqp://two"
