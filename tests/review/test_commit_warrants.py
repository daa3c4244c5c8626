"""`podium verify`: what can be proven of commits from a repository and keys alone, and every way to cheat it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from review_cases import ADA, BEA, NOW, case

from podium.conductor.landing_commit import Landable, make_commit
from podium.conductor.ssh_signing import SshSigner
from podium.conductor.warrant import Judged, judging
from podium.git.commits import add_note
from podium.git.merge import merge, revert_tree
from podium.git.mirror import Mirror
from podium.git.model import Identity, Merged
from podium.git.receipts import keep_accepted
from podium.git.user_repository import UserRepository
from podium.landing.model import Entry, Queued
from podium.review import receipt as receipts
from podium.review.model import Receipt, Signature, Waiver
from podium.review.rules import Cleared, decide_accept
from podium.review.warrant import Forged, Merges, Missing, Outside, TakesBack, Trusted, Unproven, suffices
from podium.runs.model import Candidate
from podium.testing.repositories import build_repository

PODIUM = Identity(name="Podium", email="podium@podium.invalid")


class Place:
    """A user's repository into which work is landed as Podium lands it, or as a cheat would like to."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.path = build_repository(top / "repository", {"a.txt": "a\n", "b.txt": "b\n"}).path
        self.base = self.git("rev-parse", "HEAD")
        self.key = _key(top / "ada")
        self.signers = top / "allowed_signers"
        self.allow(f'ada@example.org namespaces="podium-receipt" {self.key.with_suffix(".pub").read_text()}')
        self.mirror = Mirror.create(top / "mirror.git")
        self.mirror.fetch_from(self.path, ["+HEAD:refs/heads/main"])

    def git(self, *arguments: str, stdin: str = "") -> str:
        command = ["git", "-C", str(self.path), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout.strip()

    def allow(self, line: str) -> None:
        self.signers.write_text(line)

    def work(self, path: str, text: str, onto: str = "") -> str:
        """A candidate: one file changed, on the base or another commit."""
        self.git("checkout", "-q", "--detach", onto or self.base)
        (self.path / path).write_text(text)
        self.git("add", path)
        self.git("commit", "-qm", f"An agent's work on {path}")
        made = self.git("rev-parse", "HEAD")
        self.git("checkout", "-q", "main")
        self.mirror.fetch_from(self.path, [f"+{made}:refs/podium/candidates/{made}"])
        return made

    def receipt(self, work: str, name: str = "R1", **more: object) -> Receipt:
        decided = decide_accept(case())
        assert isinstance(decided, Cleared)
        facts = {"id": name, "commit": work, "tree": self.mirror.tree_of(work), "base": self.base}
        return msgspec.structs.replace(decided.receipt, **facts, **more)

    def signed(self, receipt: Receipt, key: Path | None = None) -> str:
        signature = SshSigner(str(key or self.key)).sign(receipts.signed_bytes(receipt))
        return receipts.envelope(receipt, signature)

    def land(self, receipt: Receipt, tree: str = "", by: str = ADA) -> str:
        """The landing commit of an accepted candidate on the tip of main; `tree` puts other files into it."""
        tip = self.git("rev-parse", "main")
        candidate = Candidate(
            base=self.base, commit=receipt.commit, tree=receipt.tree, files=1, added=1, removed=1, ref="r"
        )
        entry = Entry(
            id=f"L{receipt.id}",
            spec=receipt.spec,
            task=receipt.task,
            run="run1",
            round=1,
            state=Queued(),
            queued_at=NOW,
        )
        what = Landable(entry, "Limit", "scripted", by, candidate, receipt, "", receipt.at)
        return self.onto_main(make_commit(self.mirror, what, tree or self.merged(tip, receipt.commit), tip))

    def take_back(self, landed: str, tree: str = "") -> str:
        tip = self.git("rev-parse", "main")
        entry = _entry("back", landed)
        what = Landable(entry, 'Revert "Limit"', "", ADA, None, None, "", NOW)
        made = revert_tree(self.mirror, landed, tip)
        assert isinstance(made, Merged)
        return self.onto_main(make_commit(self.mirror, what, tree or made.tree, tip))

    def merged(self, tip: str, work: str) -> str:
        made = merge(self.mirror, tip, work)
        assert isinstance(made, Merged)
        return made.tree

    def onto_main(self, commit: str) -> str:
        self.git("fetch", "-q", str(self.mirror.path), f"{commit}:refs/made/{commit}")
        self.git("reset", "-q", "--hard", commit)
        self.mirror.fetch_from(self.path, ["+HEAD:refs/heads/main"])
        return commit

    def hang(self, commit: str, envelope: str, receipt: Receipt | None = None) -> None:
        """Attach a receipt to a commit, and bring it to the user's repository."""
        add_note(self.mirror, receipts.NOTES_REF, commit, envelope + "\n", by=PODIUM, date=NOW)
        if receipt is not None:
            keep_accepted(self.mirror, receipt.id, receipt.commit)
        wanted = ["+refs/notes/podium:refs/notes/podium", "+refs/podium/accepted/*:refs/podium/accepted/*"]
        self.git("fetch", "-q", str(self.mirror.path), *wanted)

    def landed(self, path: str = "a.txt", name: str = "R1", **more: object) -> tuple[str, Receipt]:
        """Work that was accepted, signed and landed as it should be."""
        receipt = self.receipt(self.work(path, f"better, {name}\n"), name, **more)
        commit = self.land(receipt)
        self.hang(commit, self.signed(receipt), receipt)
        return commit, receipt

    def judged(self, since: str = "", *, signers: bool = True, path: Path | None = None) -> list[Judged]:
        """What is found of the commits after `since`, newest first."""
        repository = UserRepository.open(path or self.path)
        tip = repository.commit("HEAD")
        with judging(
            repository, tip, signers=self.signers if signers else None, scratch=self.top, path="/usr/bin:/bin"
        ) as judge:
            return list(judge.commits([f"^{since or self.base}", tip], only=False))


def _entry(name: str, revert_of: str = "") -> Entry:
    facts = {"spec": "rate-limit", "task": "T2", "run": "run1", "round": 1, "queued_at": NOW, "revert_of": revert_of}
    return Entry(id=f"L{name}", state=Queued(), **facts)


def _key(place: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(place)], check=True)
    return place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    with made.mirror:
        yield made


def only(found: list[Judged]):
    assert len(found) == 1
    return found[0].found


# --- what holds -------------------------------------------------------------------------------------------------------


def test_a_commit_that_a_known_reviewer_accepted_and_signed_is_trusted(place: Place):
    _, receipt = place.landed()
    found = only(place.judged())
    assert isinstance(found, Trusted)
    assert found.receipt == receipt
    assert found.signer == "ada@example.org"


def test_work_that_landed_on_a_branch_that_had_moved_is_made_again_by_a_merge(place: Place):
    place.landed("a.txt", "R1")
    place.landed("b.txt", "R2")
    assert [type(each.found) for each in place.judged()] == [Trusted, Trusted]


def test_a_receipt_without_a_signature_or_of_an_unknown_key_proves_nobody(place: Place):
    receipt = place.receipt(place.work("a.txt", "x\n"))
    place.hang(place.land(receipt), receipts.envelope(receipt, None), receipt)
    assert isinstance(found := only(place.judged()), Unproven)
    assert found.why == "nobody signed its receipt"
    _, _ = place.landed("b.txt", "R2")
    assert isinstance(found := place.judged(signers=False)[0].found, Unproven)
    assert "no file of allowed signers" in found.why


def test_a_plain_commit_a_merge_and_a_revert_are_told_apart(place: Place):
    landed, _ = place.landed()
    place.take_back(landed)
    side = place.work("b.txt", "side\n")
    place.git("merge", "-q", "--no-ff", "--no-edit", side)
    kinds = [type(each.found) for each in place.judged()]
    assert sorted(kind.__name__ for kind in kinds) == ["Merges", "Outside", "TakesBack", "Trusted"]


def test_a_key_that_was_allowed_when_the_receipt_was_given_still_counts(place: Place):
    place.landed()  # at NOW, in March 2026
    public = place.key.with_suffix(".pub").read_text()
    place.allow(f'ada@example.org valid-before="20260401" {public}')
    assert isinstance(only(place.judged()), Trusted)
    place.allow(f'ada@example.org valid-before="20260201" {public}')
    assert isinstance(only(place.judged()), Unproven)


def test_of_several_signatures_the_one_of_a_known_reviewer_counts(place: Place):
    receipt = place.receipt(place.work("a.txt", "x\n"))
    envelope = json.loads(place.signed(receipt))
    stranger = json.loads(place.signed(receipt, _key(place.top / "stranger")))["signatures"]
    envelope["signatures"] = [{"keyid": "x", "sig": "AAAA"}, *stranger, *envelope["signatures"]]
    place.hang(place.land(receipt), json.dumps(envelope), receipt)
    assert isinstance(only(place.judged()), Trusted)


# --- what is missing --------------------------------------------------------------------------------------------------


def test_a_clone_without_notes_says_what_to_fetch_and_a_shallow_one_to_deepen(place: Place):
    place.landed()
    clone = place.top / "clone"
    subprocess.run(["git", "clone", "-q", str(place.path), str(clone)], check=True)
    assert isinstance(found := only(place.judged(path=clone)), Missing)
    assert "refs/notes/podium" in found.do
    shallow = place.top / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{place.path}", str(shallow)], check=True)
    wanted = ["refs/notes/podium:refs/notes/podium", "refs/podium/accepted/*:refs/podium/accepted/*"]
    subprocess.run(["git", "-C", str(shallow), "fetch", "-q", "--depth=1", "origin", *wanted], check=True)
    repository = UserRepository.open(shallow)
    tip = repository.commit("HEAD")
    with judging(repository, tip, signers=place.signers, scratch=place.top, path="/usr/bin:/bin") as judge:
        found = only(list(judge.commits([tip], only=True)))
    assert isinstance(found, Missing)
    assert "unshallow" in found.do


# --- what is forged ---------------------------------------------------------------------------------------------------


def forged(found: object, why: str) -> None:
    assert isinstance(found, Forged), found
    assert why in found.why


def test_a_commit_with_more_in_it_than_was_accepted_is_forged(place: Place):
    receipt = place.receipt(place.work("a.txt", "x\n"))
    more = place.mirror.tree_of(place.work("evil.txt", "x\n", onto=receipt.commit))
    place.hang(place.land(receipt, tree=more), place.signed(receipt), receipt)
    forged(only(place.judged()), "are not what the accepted work")


def test_a_receipt_of_other_work_is_of_no_use(place: Place):
    _, first = place.landed()
    other = place.receipt(place.work("b.txt", "evil\n"), "R2")
    place.hang(place.land(other), place.signed(first), other)
    forged(place.judged()[0].found, "it names the receipt R2, and R1 hangs on it")


def test_a_receipt_counts_once_even_for_the_very_same_work(place: Place):
    landed, receipt = place.landed()
    place.take_back(landed)
    again = place.land(receipt)
    place.hang(again, place.signed(receipt), receipt)
    found = place.judged()
    forged(found[0].found, f"its receipt was used up by {landed[:12]}")
    assert isinstance(found[1].found, TakesBack)
    assert isinstance(found[2].found, Trusted)


def test_a_changed_receipt_is_forged_and_so_is_rubbish(place: Place):
    receipt = place.receipt(place.work("a.txt", "x\n"))
    envelope = json.loads(place.signed(receipt))
    kinder = msgspec.structs.replace(receipt, waivers=(Waiver(refusal="tests", reason="all is well", by=ADA),))
    envelope["payload"] = base64.b64encode(receipts.statement(kinder)).decode()
    place.hang(place.land(receipt), json.dumps(envelope), receipt)
    forged(only(place.judged()), "the signature does not fit")
    rubbish = place.receipt(place.work("b.txt", "y\n"), "R2")
    place.hang(place.land(rubbish), "<b>accepted</b>", rubbish)
    forged(place.judged()[0].found, "no envelope of a receipt")


def test_what_a_commit_says_of_its_reviewer_and_task_is_held_to_the_receipt(place: Place):
    receipt = place.receipt(place.work("a.txt", "x\n"))
    place.hang(place.land(receipt, by=BEA), place.signed(receipt), receipt)
    forged(only(place.judged()), BEA)
    tip = place.git("rev-parse", "main")
    other = msgspec.structs.replace(place.receipt(place.work("b.txt", "y\n"), "R2"), task="T7")
    landed = place.land(msgspec.structs.replace(other, task="T2"))
    place.hang(landed, place.signed(other), other)
    forged(only(place.judged(tip)), "its receipt is for rate-limit/T7")


def test_trailers_alone_prove_nothing(place: Place):
    place.git("commit", "-q", "--allow-empty", "-m", "Evil\n\nPodium-Task: rate-limit/T2\nReviewed-by: " + ADA)
    forged(only(place.judged()), "names no receipt")
    tip = place.git("rev-parse", "main")
    place.git("commit", "-q", "--allow-empty", "-m", "Evil\n\nPodium-Receipt: R1\npodium-receipt: R2")
    forged(only(place.judged(tip)), "several receipts")


def test_a_revert_that_does_more_than_undo_is_forged(place: Place):
    landed, _ = place.landed()
    place.take_back(landed, tree=place.mirror.tree_of(place.work("evil.txt", "x\n")))
    forged(place.judged()[0].found, "are not those without")


def test_a_merge_that_brings_something_of_its_own_is_no_mere_merge(place: Place):
    side = place.work("b.txt", "side\n")
    place.git("commit", "-q", "--allow-empty", "-m", "main goes on")
    place.git("merge", "-q", "--no-ff", "--no-commit", side)
    (place.path / "evil.txt").write_text("x\n")
    place.git("add", "evil.txt")
    place.git("commit", "-qm", "Merge")
    assert isinstance(place.judged()[0].found, Outside)


def test_a_receipt_that_names_no_time_or_the_tree_of_another_commit_is_not_believed(place: Place):
    receipt = place.receipt(place.work("a.txt", "x\n"), at="yesterday")
    commit = place.land(msgspec.structs.replace(receipt, at=NOW))
    place.hang(commit, place.signed(receipt), receipt)
    assert isinstance(found := only(place.judged()), Unproven)
    assert "does not say when" in found.why
    work = place.work("b.txt", "y\n")
    lying = msgspec.structs.replace(place.receipt(work, "R2"), tree=place.mirror.tree_of(place.base))
    place.hang(place.land(lying, tree=place.merged(commit, work)), place.signed(lying), lying)
    forged(place.judged()[0].found, "the tree of another")


def test_a_heap_of_signatures_is_not_worked_through(place: Place):
    receipt = place.receipt(place.work("a.txt", "x\n"))
    heap = Signature(keyid="x", blob="AAAA")
    envelope = json.loads(receipts.envelope(receipt, heap))
    envelope["signatures"] *= 5000
    place.hang(place.land(receipt), json.dumps(envelope), receipt)
    forged(only(place.judged()), "5000 signatures")


# --- the gate ---------------------------------------------------------------------------------------------------------


def test_each_level_of_a_gate_lets_through_what_it_says():
    decided = decide_accept(case())
    assert isinstance(decided, Cleared)
    receipt = decided.receipt
    trusted, unproven = Trusted(receipt=receipt, signer="a", keyid="k"), Unproven(receipt=receipt, why="unsigned")
    back, outside, missing = TakesBack(reverted="a" * 40), Outside(), Missing(what="w", do="d")
    false, joins = Forged(why="w"), Merges()
    everything = (trusted, joins, unproven, back, outside, missing, false)
    levels = ("sound", "receipt", "signature")
    passed = {level: [each for each in everything if suffices(each, level)] for level in levels}
    assert passed["sound"] == [trusted, joins, unproven, back, outside, missing]
    assert passed["receipt"] == [trusted, joins, unproven, back]
    assert passed["signature"] == [trusted, joins]


def podium(place: Place, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = str(Path(sys.executable).with_name("podium"))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(place.top / "home"), "PODIUM_STATE": str(place.top / "state")}
    command = [program, "-C", str(place.path), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_command_tells_each_commit_and_ends_with_1_where_one_lacks_what_is_required(place: Place):
    place.landed()
    done = podium(place, "verify", f"{place.base}..", "--require", "signature", "--signers", str(place.signers))
    assert done.returncode == 0, done.stderr
    assert "trusted" in done.stdout
    assert "1 commit: 1 trusted" in done.stdout
    place.git("commit", "-q", "--allow-empty", "-m", "By hand \x1b[31m")
    done = podium(place, "verify", f"{place.base}..HEAD", "--require", "receipt", "--signers", str(place.signers))
    assert done.returncode == 1
    assert "1 lack" in done.stdout
    assert "\x1b" not in done.stdout
    told = json.loads(podium(place, "verify", "--json", "HEAD~1").stdout)
    assert told["verified"]
    assert [each["found"]["type"] for each in told["commits"]] == ["unproven"]
    assert not (place.top / "state").exists()


def test_wrong_calls_say_what_is_wrong(place: Place):
    for arguments, word in (
        (["nowhere"], "no such commit"),
        (["main...HEAD"], "main..HEAD"),
        (["HEAD", "--signers", "gone"], "cannot be read"),
        (["--require", "all"], "sound"),
    ):
        done = podium(place, "verify", *arguments)
        assert done.returncode == 2, arguments
        assert word in done.stderr
        assert "Traceback" not in done.stderr
