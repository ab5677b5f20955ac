import warnings

import pytest
from celery.exceptions import CPendingDeprecationWarning, SecurityWarning
from celery.platforms import ROOT_DISCOURAGED
from celery.signals import celeryd_after_setup, celeryd_init
from celery.utils.dispatch import Signal
from celery.worker.consumer.consumer import CANCEL_TASKS_BY_DEFAULT

from shared.config import Config
from shared.settings import Settings
from worker.app import create_worker


@pytest.mark.parametrize(
    ("signal", "message", "category"),
    [
        (celeryd_init, ROOT_DISCOURAGED, SecurityWarning),
        (celeryd_after_setup, CANCEL_TASKS_BY_DEFAULT, CPendingDeprecationWarning),
    ],
)
def test_celery_does_not_warn_of_what_hookline_has_decided(
    signal: Signal, message: str, category: type[Warning]
) -> None:
    create_worker(Settings(), Config())

    with warnings.catch_warnings(record=True) as shown:
        warnings.filterwarnings("always", category=category)
        signal.send(sender="the last thing before it would warn")
        warnings.warn(message, category, stacklevel=1)
        warnings.warn("any other", category, stacklevel=1)

    assert [str(one.message) for one in shown] == ["any other"]
