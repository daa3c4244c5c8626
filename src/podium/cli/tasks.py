"""Finding the task and the run that a person means; it lives in the conductor, which the web app uses too."""

from __future__ import annotations

from podium.conductor.tasks import find_run as find_run
from podium.conductor.tasks import find_task as find_task
