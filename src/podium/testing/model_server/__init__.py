"""A model provider without a model: plays a script over the real APIs, so that real agents run in tests for nothing.

It speaks Anthropic Messages, OpenAI Responses, OpenAI Chat Completions and Gemini, streamed and whole. It remembers no
conversation: what it answers is computed from the request alone (`play`), from how many turns the model has had since
the last prompt that the script knows. So an agent may be killed, resumed elsewhere or raced with another one. Only
faults that pass after some tries are counted, and the journal keeps every request.

One way through: a dialect reads a request as a `Conversation`; `play` picks the turn; `toolbox` turns its action into
a call of a tool that this very request advertises; the dialect writes the `Reply`; `server` carries it.
"""
