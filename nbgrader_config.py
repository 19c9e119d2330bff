"""How nbgrader runs this course; the folder of this file is the course directory.

``coursekit``, ``nbgrader`` and the formgrader in JupyterLab all read it, so all
give the same marks. It may be copied to another folder: that folder is then a
course of its own, with its own gradebook.
"""

import contextlib
import os
from pathlib import Path

c = get_config()  # noqa: F821  (nbgrader defines it)
here = Path(__file__).resolve().parent

# --- where things are -------------------------------------------------------
c.CourseDirectory.root = str(here)
c.CourseDirectory.course_id = os.environ.get("COURSE_ID", "ml-for-audio")
c.CourseDirectory.source_directory = "solutions/source"
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    ".*",  # what a Mac or an editor leaves behind
    "__MACOSX",
    "*.unreadable",  # set aside at intake: neither graded nor sent back
]
c.CourseDirectory.max_file_size = 20_000  # kB: a recording, not a disk image
c.CourseDirectory.max_dir_size = 50_000

# The gradebook holds marks and names: readable by its owner alone. sqlite fills
# a file that exists, so its mode is decided before nbgrader opens it. Another
# database: COURSE_DB_URL=postgresql://…
gradebook = here / "gradebook.db"
c.CourseDirectory.db_url = os.environ.get("COURSE_DB_URL", f"sqlite:///{gradebook}")
if "COURSE_DB_URL" not in os.environ:
    with contextlib.suppress(OSError):
        os.close(os.open(gradebook, os.O_CREAT, 0o600))
        gradebook.chmod(0o600)

# The directory that students and instructors share: nbgrader's own place, unless
# COURSE_EXCHANGE names another. Both sides must name the same one.
c.Exchange.root = os.environ.get(
    "COURSE_EXCHANGE", "/usr/local/share/nbgrader/exchange"
)
if "COURSE_CACHE" in os.environ:
    c.Exchange.cache = os.environ["COURSE_CACHE"]
# Stock `collect` follows symlinks with the instructor's rights, and stock
# `release_feedback` stops at a submission that did not come through the exchange.
c.ExchangeFactory.collect = "coursekit.grading.course.exchange.Collect"
c.ExchangeFactory.release_feedback = "coursekit.grading.course.exchange.ReleaseFeedback"

# --- what students receive --------------------------------------------------
c.ClearSolutions.begin_solution_delimeter = "BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "END SOLUTION"
c.ClearSolutions.code_stub = {"python": "# YOUR CODE HERE\nraise NotImplementedError()"}
c.ClearSolutions.text_stub = "YOUR ANSWER HERE"
c.ClearHiddenTests.begin_test_delimeter = "BEGIN HIDDEN TESTS"
c.ClearHiddenTests.end_test_delimeter = "END HIDDEN TESTS"
c.ClearMarkScheme.begin_mark_scheme_delimeter = "BEGIN MARK SCHEME"
c.ClearMarkScheme.end_mark_scheme_delimeter = "END MARK SCHEME"

# --- grading ----------------------------------------------------------------
# One grader at a time in a course, whichever of them it is.
c.Autograde.exporter_class = "coursekit.grading.course.nbgrader_steps.LockedExporter"
# Before a submission is opened: symlinks out, missing notebooks noticed.
c.Autograde.pre_convert_hook = "coursekit.grading.course.intake.before_grading"
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "coursekit.grading.course.intake.Repair",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# In place of nbgrader's Execute: a child answers, the grader marks.
c.Autograde.autograde_preprocessors = [
    "coursekit.grading.marking.preprocessor.VerdictPreprocessor",
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "coursekit.grading.course.intake.Flag",
    "coursekit.grading.pages.feedback.Sanitise",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# A submission runs in a sandbox. Without one nothing runs, unless somebody says that
# the code is their own: `coursekit grade --unsafe`, or COURSE_UNSAFE=1.
c.VerdictPreprocessor.runner_class = (
    "coursekit.grading.sandbox.local.LocalRunner"
    if os.environ.get("COURSE_UNSAFE") == "1"
    else "coursekit.grading.sandbox.sandbox.SandboxRunner"
)
c.OverwriteCells.add_missing_cells = True
c.IgnorePattern.enabled = True  # a warning on stderr is no reason for zero
c.IgnorePattern.pattern = r"(?i)warning"
c.LimitOutput.max_lines = 200
c.LimitOutput.max_traceback = 30
c.Execute.timeout = 120  # the Validate button, which runs a whole notebook

# Late work: "none" takes nothing off, "zero" gives no points; a policy of your
# own is a class, see nbgrader's LateSubmissionPlugin.
c.LateSubmissionPlugin.penalty_method = "none"

# --- what students and lecturers get back -----------------------------------
# The formgrader renders graded notebooks, and its template sanitises nothing; what
# has been graded is harmless already, and these keep older copies so.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {
    "clean_html": "coursekit.grading.pages.feedback.clean",
    "markdown2html": "coursekit.grading.pages.feedback.markdown_filter",
}
c.GenerateFeedback.pre_convert_hook = "coursekit.grading.course.intake.before_feedback"
c.GenerateFeedback.exporter_class = "coursekit.grading.pages.feedback.FeedbackExporter"
c.GenerateFeedback.preprocessors = ["coursekit.grading.pages.feedback.Marks"]
c.ExportApp.plugin_class = "coursekit.grading.pages.report.CsvExport"
