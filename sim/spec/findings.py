"""What is wrong with a file and its options, collected: each thing once, however many options inherit it."""

from __future__ import annotations

from sim.errors import Problem
from sim.spec.changes import Report
from sim.spec.place import Draft, Path, Tree, show
from sim.spec.scenario import BASE

__all__ = ["MOST_PROBLEMS", "Findings"]

MOST_PROBLEMS = 500  # nobody reads more, and a broken file must not take a minute to refuse


class Findings:
    """Collects what is wrong, once: an error that many options inherit stands in one place of the file."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._found: dict[tuple[Path, str], list[str]] = {}

    def reporter(self, option: str, draft: Draft) -> Report:
        """Return a function that takes findings about a draft, paths as in the draft."""

        def report(path: Path, message: str) -> None:
            key = (draft.origin(path), message)
            if not self.full or key in self._found:
                self._found.setdefault(key, []).append(option)

        return report

    @property
    def full(self) -> bool:
        """Whether there are so many problems that no further one is kept."""
        return len(self._found) >= MOST_PROBLEMS

    def problems(self) -> tuple[Problem, ...]:
        """Return every problem, in the order of the file."""
        found = [self._problem(path, message, options) for (path, message), options in self._found.items()]
        found.sort(key=lambda problem: problem.line or 0)
        if self.full:
            message = f"has {MOST_PROBLEMS} problems or more; the others are told when these are gone"
            found.append(Problem(self._tree.file, None, "", message))
        return tuple(found)

    def _problem(self, path: Path, message: str, options: list[str]) -> Problem:
        names = list(dict.fromkeys(options))
        where = path[1] if path[:1] == ("options",) and len(path) > 1 else None
        if BASE not in names and where not in names:
            message += f" (with option {', '.join(names)})"
        return Problem(self._tree.file, self._tree.line(path), show(path), message)
