"""The instructors' side: run submissions, judge their answers, write the marks.

The student's process only answers; the marks are made outside it. The rooms are the
boundaries of trust, each below the next::

    inside      what runs beside a submission: it answers, and nothing here is trusted
                  wire        answers as bytes that carry data and nothing else
                  child       the process that runs a submission's cells and answers
                  guards      what it may not call
                  kernel      namespaces, limits and refused calls of Linux
                  forkserver  runs inside the wall, forks a process a submission
    sandbox     the wall, and the session that asks through it
                  session     starts such processes, and ends them
                  monitor     counts from outside what they use
                  bubblewrap  the wall, and whether it can stand
                  sandbox     the runner that asks through the wall
    marking     from a submission to a verdict
                  flags       what a person should look at
                  skippable   cells that need not run, since they only show something
                  verdict     asks, judges, adds up
                  results     verdicts kept on disk, and the lock of the one writer
                  workers     a pool of processes that mark side by side
                  preprocessor  the verdict in nbgrader's own autograding
    course      the course directory: intake, nbgrader's steps, the exchange
    publishing  what students get: release, bundle, requirements; the bank proves it
    pages       feedback, its formulas, the report
    commands    what a person types; demo shows all of it on a sample class
"""
