"""The scripted model: turns without a memory, faults, tools, the journal, and the program."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asking import BASH, EDIT, answered, document, events, messages, post, script

from podium.kernel.errors import UsageError
from podium.kernel.ids import digest
from podium.testing.actions import Append, Delete, Edit, Look, Read, Run, Say, Write
from podium.testing.model_server import journal
from podium.testing.model_server.server import ModelServer
from podium.testing.model_server.shell_text import shell
from podium.testing.model_server.steps import Cut, Fail, Huge, Malformed, ModelScript, Prompt, Slow, load, save

PATH = "/v1/messages"


def _text(reply: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in reply["content"])


def _command(reply: dict[str, Any]) -> str:
    return next(block["input"]["command"] for block in reply["content"] if block["type"] == "tool_use")


# --- turns ------------------------------------------------------------------------------------------------------------


def test_the_turn_is_counted_from_the_request_so_that_any_order_of_requests_works() -> None:
    with ModelServer(script(Run(command="one"), Run(command="two"), Say(text="Three."))) as server:
        assert _text(document(server, PATH, messages(*answered(1), *answered(2)))) == "Three."
        assert _command(document(server, PATH, messages())) == "one"
        assert _command(document(server, PATH, messages(*answered(1)))) == "two"
        assert _command(document(server, PATH, messages())) == "one"


def test_a_reminder_beside_the_answer_of_a_tool_is_no_prompt() -> None:
    with ModelServer(script(Run(command="one"), Run(command="two"))) as server:
        asked = messages(*answered(1, text="<reminder>Do it and do it well</reminder>"))
        assert _command(document(server, PATH, asked)) == "two"


def test_the_last_prompt_that_the_script_knows_counts() -> None:
    later = Prompt(match="P1", steps=(Run(command="refined"),))
    known = ModelScript(prompts=(*script(Run(command="one")).prompts, later))
    with ModelServer(known) as server:
        more = [*answered(1), {"role": "assistant", "content": "Done."}, {"role": "user", "content": "Point P1: ..."}]
        assert _command(document(server, PATH, messages(*more))) == "refined"


def test_what_the_script_does_not_know_gets_an_answer_that_says_so() -> None:
    with ModelServer(script(match="something else")) as server:
        assert "[scripted]" in _text(document(server, PATH, messages()))
        assert server.journal.entries()[0].prompt is None


def test_more_turns_than_the_script_has_are_answered_with_its_end() -> None:
    with ModelServer(script(Run(command="one"))) as server:
        turns = [*answered(1), *answered(2), *answered(3)]
        assert "nothing more" in _text(document(server, PATH, messages(*turns)))


def test_thirty_requests_at_once_are_all_answered_and_all_noted(tmp_path: Path) -> None:
    with (
        ModelServer(script(Run(command="one")), journal=tmp_path / "journal.jsonl") as server,
        ThreadPoolExecutor(30) as pool,
    ):
        replies = list(pool.map(lambda _: document(server, PATH, messages()), range(30)))
    assert {_command(reply) for reply in replies} == {"one"}
    assert sorted(each.n for each in journal.read(tmp_path / "journal.jsonl")) == list(range(1, 31))


# --- tools ------------------------------------------------------------------------------------------------------------


def test_an_edit_uses_the_tool_that_is_offered_and_fills_what_else_it_insists_on() -> None:
    with ModelServer(script(Edit(path="a/b.py", old="x", new="y"), workdir="/workspace")) as server:
        reply = document(server, PATH, messages(tools={"bash": BASH, "replace": EDIT}))
    assert reply["content"][0]["name"] == "replace"
    assert reply["content"][0]["input"] == {
        "file_path": "/workspace/a/b.py",
        "old_string": "x",
        "new_string": "y",
        "instruction": "As the script says.",
    }


def test_a_shell_that_takes_a_list_of_words_gets_one() -> None:
    words = {"type": "object", "properties": {"command": {"type": "array", "description": "words of a shell command"}}}
    with ModelServer(script(Run(command="ls | wc"))) as server:
        reply = document(server, PATH, messages(tools={"shell": words}))
    assert reply["content"][0]["input"] == {"command": ["bash", "-lc", "ls | wc"]}


def test_without_any_fitting_tool_the_answer_says_so() -> None:
    with ModelServer(script(Run(command="ls"))) as server:
        assert "None of the offered tools" in _text(document(server, PATH, messages(tools={"weather": {}})))


def test_every_action_can_be_done_by_a_plain_shell(tmp_path: Path) -> None:
    odd = 'it\'s 100% "odd" \\n $HOME `x`\ttab & ü\n\n'
    steps = (
        Write(path="deep/er/file name.txt", text=odd + "x = 1\ny = 2\n", executable=True),
        Edit(path="deep/er/file name.txt", old='"odd" \\n $HOME `x`\ttab & ü\n', new="a\\b & 'c'\n\n"),
        Append(path="deep/er/file name.txt", text="z = 3\n"),
        Edit(path="deep/er/file name.txt", old="y = 2", new="y = 20"),
        Look(path="deep"),
        Read(path="deep/er/file name.txt"),
    )
    for step in steps:
        subprocess.run(["/bin/sh", "-c", shell(step)], cwd=tmp_path, check=True, capture_output=True)
    written = tmp_path / "deep" / "er" / "file name.txt"
    assert written.read_text() == "it's 100% a\\b & 'c'\n\n\nx = 1\ny = 20\nz = 3\n"
    assert written.stat().st_mode & 0o111
    absent = subprocess.run(
        ["/bin/sh", "-c", shell(Edit(path="deep/er/file name.txt", old="no", new=""))], cwd=tmp_path
    )
    assert absent.returncode != 0
    subprocess.run(["/bin/sh", "-c", shell(Delete(path="deep"))], cwd=tmp_path, check=True)
    assert list(tmp_path.iterdir()) == []


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 529, 500, 401])
def test_a_turn_fails_as_often_as_it_should_and_then_goes_on(status: int) -> None:
    with ModelServer(script(Fail(status=status, times=2, retry_after=1), Run(command="one"))) as server:
        assert [post(server, PATH, messages())[0] for _ in range(3)] == [status, status, 200]
        assert [each.fault for each in server.journal.entries()] == ["fail", "fail", ""]


def test_a_stream_is_cut_once_without_its_end() -> None:
    with ModelServer(script(Cut(after=2), Say(text="Whole."))) as server:
        with pytest.raises(http.client.IncompleteRead):
            post(server, PATH, messages(stream=True))
        assert events(server, PATH, messages(stream=True))[-1]["type"] == "message_stop"


def test_a_slow_stream_waits_before_each_event() -> None:
    with ModelServer(script(Slow(seconds=0.05), Say(text="Slow."))) as server:
        began = time.monotonic()
        count = len(events(server, PATH, messages(stream=True)))
        assert time.monotonic() - began >= 0.05 * count


@pytest.mark.parametrize("how", ["json", "arguments", "tool"])
def test_a_tool_call_is_malformed(how: Any) -> None:
    with ModelServer(script(Malformed(how=how), Say(text="After."))) as server:
        streamed = events(server, PATH, messages(stream=True))
        name = next(each["content_block"]["name"] for each in streamed if each["type"] == "content_block_start")
        sent = "".join(each["delta"]["partial_json"] for each in streamed if each["type"] == "content_block_delta")
        assert _text(document(server, PATH, messages(*answered(1)))) == "After."
    assert (name == "no_such_tool") == (how == "tool")
    if how == "json":
        with pytest.raises(json.JSONDecodeError):
            json.loads(sent)
    else:
        assert json.loads(sent) == {}


def test_huge_output_arrives_whole() -> None:
    with ModelServer(script(Huge(characters=3_000_000))) as server:
        streamed = events(server, PATH, messages(stream=True))
    text = "".join(each["delta"]["text"] for each in streamed if each["type"] == "content_block_delta")
    assert len(text) == 3_000_000


# --- bad input --------------------------------------------------------------------------------------------------------


def test_requests_that_make_no_sense_do_not_end_the_server() -> None:
    with ModelServer(script(Run(command="one"))) as server:
        assert post(server, "/v1/nothing", {})[0] == 404
        for body in ([], {"messages": 3, "tools": "x"}, {"messages": [1, {"role": 7, "content": {"a": 1}}]}):
            assert post(server, PATH, body)[0] == 200
        with socket.create_connection(("127.0.0.1", server.port)) as torn:
            torn.sendall(b"POST /v1/messages HTTP/1.1\r\ncontent-length: 100\r\n\r\n{")
        assert _command(document(server, PATH, messages())) == "one"


def test_a_server_that_is_stopped_leaves_no_connection_waiting() -> None:
    server = ModelServer(script(Run(command="one")))
    server.start()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().read()
    server.stop()
    assert connection.sock.recv(1) == b""
    connection.close()


def test_the_key_is_noted_as_a_digest_only(tmp_path: Path) -> None:
    with ModelServer(script(Run(command="one")), journal=tmp_path / "journal.jsonl") as server:
        for name, value in (("x-api-key", "sk-1"), ("authorization", "Bearer sk-1"), ("x-goog-api-key", "sk-1")):
            post(server, PATH, messages(), **{name: value})
    assert b"sk-1" not in (tmp_path / "journal.jsonl").read_bytes()
    assert {each.key for each in journal.read(tmp_path / "journal.jsonl")} == {digest(b"sk-1")}


def test_a_script_that_is_wrong_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text('[[prompts]]\nmatch = "x"\nsteps = [{ do = "dance" }]\n')
    with pytest.raises(UsageError, match=r"dance.*steps\[0\]"):
        load(path)
    path.write_text('[[prompts]]\nmatch = "("\n')
    with pytest.raises(UsageError, match="regular expression"):
        load(path)


def test_a_script_that_is_saved_reads_the_same(tmp_path: Path) -> None:
    known = script(Fail(status=429), Look(), Write(path="a", text="b"), Malformed(), Huge(characters=3), Say(text="x"))
    assert load(save(known, tmp_path / "script.json")) == known


# --- the program, and a socket from elsewhere -------------------------------------------------------------------------


def test_it_serves_on_a_listening_socket_that_is_handed_to_it() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with ModelServer(script(Run(command="one")), listener=listener) as server:
        assert server.port == listener.getsockname()[1]
        assert _command(document(server, PATH, messages())) == "one"


def test_the_program_tells_its_url_answers_and_ends_when_told(tmp_path: Path) -> None:
    known = save(script(Run(command="one")), tmp_path / "script.json")
    command = [sys.executable, "-m", "podium.testing.model_server.main", str(known)]
    with subprocess.Popen([*command, "--journal", str(tmp_path / "j")], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        port = int(re.fullmatch(r"http://127\.0\.0\.1:(\d+)\n", program.stdout.readline())[1])  # pyright: ignore
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", PATH, json.dumps(messages()))
        assert connection.getresponse().status == 200
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 0
        connection.close()
    assert len(journal.read(tmp_path / "j")) == 1


def test_the_program_refuses_a_wrong_script_with_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "script.toml"
    path.write_text("prompts = 3\n")
    command = [sys.executable, "-m", "podium.testing.model_server.main", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert "the script is wrong" in done.stderr
