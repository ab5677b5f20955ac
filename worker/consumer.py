"""How a worker consumes: as Celery's do, but for what only delayed messages need."""

from celery.worker.consumer import Consumer as CelerysConsumer

DELAYED_DELIVERY = "celery.worker.consumer.delayed_delivery:DelayedDelivery"


class Consumer(CelerysConsumer):  # type: ignore[misc]
    """Declares no exchanges and queues for delayed messages: there are none, and RabbitMQ would get 28 of each."""

    class Blueprint(CelerysConsumer.Blueprint):  # type: ignore[misc]
        default_steps = [step for step in CelerysConsumer.Blueprint.default_steps if step != DELAYED_DELIVERY]
