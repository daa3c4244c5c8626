"""The durable engine: DBOS Transact, set up exactly once per process.

It runs two short workflows, `run_round` and `land`. What goes through it is ids only: state is in the ledger, agent
events are in files. Settings that experience asks for (docs/explanation/engine.md): SQLite in WAL mode before launch, a
fixed `application_version` so that an upgrade strands nothing, never the default executor id.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions

from podium.ledger.versions import SCHEMA_VERSION

FIRST_POLL_SECONDS = 0.02
POLL_SECONDS = 0.1
IDLE_POLL_SECONDS = 0.5
APPLICATION_VERSION = f"podium-{SCHEMA_VERSION}"
Workflow: TypeAlias = Callable[..., Awaitable[None]]


class Engine:
    """The engine, which takes work once it is launched. Not to be made twice in one process."""

    def __init__(
        self, url: str, executor: str, workflows: dict[str, Workflow], slots: dict[str, int] | None = None
    ) -> None:
        """Register `workflows` by name, to be run by `executor`.

        Each workflow has a queue of its own; `slots` says how many of one this process runs at once (absent = any).
        """
        address = url.replace("postgresql://", "postgresql+psycopg://", 1)
        config: DBOSConfig = {
            "name": "podium",
            "system_database_url": address,
            "executor_id": executor,
            "application_version": APPLICATION_VERSION,
            "log_level": "ERROR",
            "run_migrations": False,  # done below, before the queues
        }
        logging.getLogger("dbos").setLevel(logging.ERROR)
        self.executor = executor
        DBOS.migrate(address)
        self.client = DBOSClient(system_database_url=address)
        self._shared = not address.startswith("sqlite")
        self._interval = POLL_SECONDS if self._shared else FIRST_POLL_SECONDS  # who starts it waits for its first look
        self._queues = [  # before launch: a queue that comes later is looked at only after a second
            self.client.register_queue(
                queue_name(name),
                polling_interval_sec=self._interval,
                worker_concurrency=(slots or {}).get(name),
                application_name=config["name"],
            )
            for name in workflows
        ]
        DBOS(config=config)
        for name, workflow in workflows.items():
            DBOS.workflow(name=name)(cast("Callable[..., Any]", workflow))

    def launch(self) -> None:
        """Recover what this executor left unfinished, and begin to take work: what is enqueued by now at once."""
        DBOS.launch()

    def rest(self, resting: bool) -> None:
        """Look into the queues less often while nothing is going on: a conductor that waits should cost nothing.

        Until this is called for the first time, they are looked into most often: what waited for the engine begins.

        How often is kept in the database, so that engines which share one are left as they are.
        """
        interval = IDLE_POLL_SECONDS if resting else POLL_SECONDS
        if interval == self._interval or self._shared:
            return
        for queue in self._queues:
            queue.set_polling_interval_sec(interval)
        self._interval = interval

    def enqueue(self, connection: sa.Connection, workflow: str, workflow_id: str, *arguments: str) -> None:
        """Order a workflow within the caller's transaction. The same `workflow_id` is never run twice."""
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": queue_name(workflow),
            "workflow_id": workflow_id,
            "app_version": APPLICATION_VERSION,
        }
        self.client.enqueue_in_transaction(connection, options, *arguments)

    def take_over(self, executor: str) -> list[str]:
        """Put every unfinished workflow of a dead executor back into the queue; return their ids."""
        pending = self.client.list_workflows(status="PENDING", executor_id=executor)
        ids = [workflow.workflow_id for workflow in pending]
        if ids:
            self.client.resume_workflows(ids)
        return ids


def queue_name(workflow: str) -> str:
    """The queue of one workflow: a landing never waits behind agents."""
    return f"podium-{workflow}"


async def step(name: str, function: Callable[..., Awaitable[None]], *arguments: Any) -> None:
    """Run one step of a workflow: done once it has returned, done again if the process died in it."""
    await DBOS.run_step_async({"name": name}, function, *arguments)
