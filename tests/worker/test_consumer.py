from celery.worker.consumer import Consumer as CelerysConsumer

from worker.consumer import DELAYED_DELIVERY, Consumer


def test_nothing_is_declared_for_delayed_messages() -> None:
    left_out = {*CelerysConsumer.Blueprint.default_steps} - {*Consumer.Blueprint.default_steps}

    assert left_out == {DELAYED_DELIVERY}
