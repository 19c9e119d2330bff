"""The instructors' side: run submissions, judge their answers, write the marks.

The student's process only answers; the marks are made outside it::

    wire          answers as bytes that carry data and nothing else
    child         the process that runs a submission's cells and answers
    runner        starts such processes, and ends them
    verdict       asks, judges, adds up
    preprocessor  the verdict in nbgrader's own autograding
"""
