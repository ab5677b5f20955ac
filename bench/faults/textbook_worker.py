"""A worker with the settings that textbooks call reliable: late acks, multiplier 1, prefetch on."""

from shared.queue import create_celery
from shared.settings import load_settings
from worker.app import create_worker

if __name__ == "__main__":
    settings = load_settings()
    celery = create_celery(settings)
    celery.conf.update(worker_disable_prefetch=False, worker_prefetch_multiplier=1)
    app = create_worker(settings, app=celery)
    app.worker_main(["worker", "--without-gossip", "--without-mingle", "--without-heartbeat"])
