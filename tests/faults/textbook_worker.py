"""A worker with the settings that textbooks call reliable: late acks, multiplier 1, prefetch on."""

from shared.queue import create_celery
from shared.settings import load_settings
from worker.app import create_worker

if __name__ == "__main__":
    settings = load_settings()
    app = create_worker(settings, app=create_celery(settings, prefetch=True, multiplier=1))
    app.worker_main(["worker", "--without-gossip", "--without-mingle", "--without-heartbeat"])
