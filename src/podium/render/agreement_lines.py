"""Where the candidates of a race agree and where they differ, as lines for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podium.evidence.agreement import Agreement, Region
from podium.render.paint import Paint
from podium.render.safe_text import safe_line
from podium.render.table import Cell, Column, table

_MOST_FILES = 30
_MOST_PLACES = 20


def agreement_lines(found: Agreement, names: Mapping[str, str], *, width: int, paint: Paint) -> list[str]:
    """The files that each run edited, the places where they differ, and what sets each run apart.

    `names` are what the runs are called. Nothing for fewer than two runs.
    """
    if len(found.runs) < 2:
        return []
    lines = [paint(f"Where {len(found.runs)} independent candidates agree", "strong")]
    lines += _files(found, names, width=width, paint=paint)
    lines += _places(found, names, paint=paint)
    lines.append("")
    for run in found.runs:
        lines.append(f"  {paint(safe_line(names[run.run]), 'name')}  {safe_line('; '.join(run.reasons))}")
    lines.append(paint("  Agreement is evidence and no proof: all runs can share one mistake.", "quiet"))
    return lines


def _files(found: Agreement, names: Mapping[str, str], *, width: int, paint: Paint) -> list[str]:
    runs = [run.run for run in found.runs]
    columns = (Column("file", gives=1, least=12), *(Column(names[run], gives=2, least=4) for run in runs))
    contested = {region.path for region in found.regions if region.contested or len(region.runs) < len(runs)}
    rows: list[list[Cell | str]] = []
    agreed = {path for path, by in found.files.items() if len(by) == len(runs)} - contested
    ordered = sorted(found.files.items(), key=lambda each: (each[0] in agreed, each[0]))
    for path, by in ordered[:_MOST_FILES]:
        word = Cell("same", "good") if path in agreed else Cell("edits", "plain")
        rows.append([Cell(path, "name"), *(word if run in by else Cell("-", "warn") for run in runs)])
    lines = table(columns, rows, width=width, paint=paint)
    if len(ordered) > _MOST_FILES:
        lines.append(f"  and {len(ordered) - _MOST_FILES} more files")
    return lines


def _places(found: Agreement, names: Mapping[str, str], *, paint: Paint) -> list[str]:
    everyone = len(found.runs)
    differing = [region for region in found.regions if region.contested or len(region.runs) < everyone]
    same = len(found.regions) - len(differing)
    lines = ["", f"  {same} of {len(found.regions)} places are edited alike by all."]
    lines += [
        f"  {paint(safe_line(_where(region)), 'name')}  {safe_line(_told(region, names, everyone))}"
        for region in differing[:_MOST_PLACES]
    ]
    if len(differing) > _MOST_PLACES:
        lines.append(f"  and {len(differing) - _MOST_PLACES} more places")
    return lines


def _where(region: Region) -> str:
    return f"{region.path}:{region.first}" + (f"-{region.last}" if region.last > region.first else "")


def _told(region: Region, names: Mapping[str, str], everyone: int) -> str:
    by = _listed([names[run] for run in region.runs])
    if len(region.runs) == 1:
        return f"only {by}"
    if not region.contested:
        how = "the same way"
    else:
        how = "each differently" if region.alike == 1 else f"differently, at most {region.alike} alike"
    if len(region.runs) == everyone:
        return f"all, {how}"
    left = _listed([name for run, name in names.items() if run not in region.runs])
    return f"{by}, {how}; not {left}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
