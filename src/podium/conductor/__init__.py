"""One verb per file: what Podium does when a person, a page or a workflow asks for it.

`desk` is where decisions are made (the current state of a project, under the chain's lock); `dispatch` turns decisions
into ordered work; `run_round` and `land` are the two durable workflows; `worker` is the process that runs them.
"""
