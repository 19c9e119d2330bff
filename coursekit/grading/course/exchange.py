"""nbgrader's exchange, without two of its traps.

Stock `collect` copies with the instructor's rights and follows symlinks, so a
link to ``/home/instructor/gradebook.db`` arrives as a copy of the gradebook.
Stock `release_feedback` stops at the first submission that did not come through
the exchange (put in place by hand, or from a zip file). ``nbgrader_config.py``
names the classes here in their place.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseFeedback
from nbgrader.utils import ignore_patterns

from coursekit.grading.course import intake

HANDED_OUT_BY_EXCHANGE = ("timestamp.txt", "submission_secret.txt")


class Collect(ExchangeCollect):
    """Collect submissions as they are: a symbolic link stays behind."""

    def do_copy(self, src: str, dest: str, log: object = None) -> None:
        """Copy one submission without what its links point to.

        Parameters
        ----------
        src, dest
            The submission in the exchange and its place in the course.
        log
            Unused; nbgrader's signature has it.

        Notes
        -----
        An error here would end the collection for everybody, so what cannot be
        taken in becomes a refused submission: zero marks and a sentence why.
        """
        reason = self._reason_to_refuse(Path(src))
        if reason:
            self.log.warning("Refused %s: %s", src, reason)
            release = self.coursedir.format_path(
                self.coursedir.release_directory, ".", self.coursedir.assignment_id
            )
            intake.refuse(Path(dest), Path(release), reason)
            return
        links = {str(path) for path in intake.symlinks(Path(src))}
        for link in sorted(links):
            self.log.warning("Left a symbolic link behind: %s", link)
        usual = ignore_patterns(
            exclude=self.coursedir.ignore,
            include=self.coursedir.include,
            max_file_size=self.coursedir.max_file_size,
            log=self.log,
        )

        def ignore(folder: str, names: list[str]) -> list[str]:
            linked = [name for name in names if os.path.join(folder, name) in links]
            return linked + usual(folder, [n for n in names if n not in linked])

        shutil.copytree(src, dest, ignore=ignore, symlinks=True)

    def _reason_to_refuse(self, src: Path) -> str | None:
        if src.is_symlink():
            return "what was handed in is a symbolic link, not a folder"
        size, most = self.get_size(src), 1000 * self.coursedir.max_dir_size
        if size > most:
            return f"the folder holds {size / 1e6:.0f} MB; {most / 1e6:.0f} are allowed"
        return None


class ReleaseFeedback(ExchangeReleaseFeedback):
    """Release the feedback that the exchange can deliver, and name the rest."""

    def copy_files(self) -> None:
        """Release each page whose submission came through the exchange.

        The others lie in ``feedback/`` for the lecturer to hand over; the log
        names them.
        """
        usual = self.coursedir.student_id_exclude
        outside = sorted(self._came_another_way())
        for student in outside:
            self.log.warning(
                "%s did not hand in through the exchange: the feedback stays in %s",
                student,
                self.coursedir.feedback_directory,
            )
        names = [*(usual.split(",") if usual else []), *outside]
        self.coursedir.student_id_exclude = ",".join(names)
        try:
            super().copy_files()
        finally:
            self.coursedir.student_id_exclude = usual

    def _came_another_way(self) -> set[str]:
        pattern = self.coursedir.format_path(
            self.coursedir.feedback_directory, "*", self.coursedir.assignment_id
        )
        base = Path(self.coursedir.root)
        folders = base.glob(os.path.relpath(pattern, base))
        return {
            folder.parent.name
            for folder in folders
            if not all((folder / name).is_file() for name in HANDED_OUT_BY_EXCHANGE)
        }
