"""The `podium.toml` that `podium init` writes: short, every line explained, for a person to edit."""

from __future__ import annotations

from podium.project.detect import Detected
from podium.project.model import Limits, Settings
from podium.project.toml_text import toml_text, toml_texts


def render_settings(detected: Detected, *, specs: str = "specs") -> str:
    """The text of a new `podium.toml`; `parse_settings` reads it back."""
    limits, plain = Limits(), Settings(project="")
    return "\n".join(
        [
            "# How Podium works on this repository. Every line may be changed; what is left out has its default.",
            "",
            "[project]",
            f"name = {toml_text(detected.name)}",
            f"target = {toml_text(detected.target)}  # the branch that accepted work lands on",
            f"specs = {toml_text(specs)}  # the folder of specs (NAME.md) and plans (NAME.plan.toml)",
            "",
            *_environment(detected),
            "",
            "[run]",
            '# agent = "NAME"  # who gets a task that names no agent; `podium agents` lists those it finds',
            "parallel = 0  # agents at once; 0 = as many as there are cores, at least 4",
            "",
            "[review]",
            f"capacity = {plain.capacity}  # candidates that may wait for you; beyond it nothing new starts",
            "",
            "[limits]  # of one agent's sandbox; 0 = no limit",
            f"memory_mb = {limits.memory_mb}",
            f"processes = {limits.processes}",
            f"disk_mb = {limits.disk_mb}",
            f"wall_minutes = {limits.wall_minutes:g}",
            "",
            *_protected(detected, specs),
            "",
            "# More: [agents.NAME], [[permissions]], [tripwires], [network]; see the reference of podium.toml.",
            "",
        ]
    )


def _environment(detected: Detected) -> list[str]:
    found = ", ".join(detected.languages)
    lines = [f"[environment]  # found: {found}" if found else "[environment]"]
    if detected.test:
        because = "".join(char if char.isprintable() else "?" for char in detected.because)
        lines.append(f"test = {toml_text(detected.test)}  # runs the tests, on base and candidates: {because}")
    else:
        lines.append('test = ""  # the command that runs the tests; none was found, so candidates are not tested yet')
    if detected.setup:
        lines.append(f"# setup = {toml_text(detected.setup)}  # prepares dependencies, in a sandbox")
    else:
        lines.append('# setup = ""  # the command that prepares dependencies, in a sandbox')
    lines.append("# setup_network = true  # lets it fetch from your package indexes; without this it has no network")
    if detected.lockfiles:
        lines.append(f"lockfiles = {toml_texts(detected.lockfiles)}  # set-up runs again when one of these changes")
    return lines


def _protected(detected: Detected, specs: str) -> list[str]:
    lines = [
        "[[protected]]",
        'rule = "human-only"  # never given to an agent; also: "two-reviewers", "extra-checks"',
        f"paths = {toml_texts(('podium.toml', specs + '/**'))}",
        'reason = "what decides about agents is decided by people"',
    ]
    if detected.protected:
        lines += [
            "",
            "[[protected]]",
            'rule = "human-only"',
            f"paths = {toml_texts(detected.protected)}",
            'reason = "what runs with the rights of the project"',
        ]
    return lines
