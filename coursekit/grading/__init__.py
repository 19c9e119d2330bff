"""The instructors' side: run submissions, judge their answers, write the marks.

The student's process only answers; the marks are made outside it::

    wire          answers as bytes that carry data and nothing else
    child         the process that runs a submission's cells and answers
    runner        starts such processes, and ends them
    usage         counts from outside what they use
    kernel        namespaces, limits and refused calls of Linux
    bubblewrap    the wall around a server of submissions, and whether it can stand
    forkserver    runs inside the wall and forks a process for each submission
    sandbox       the runner that asks through the wall
    flags         what a person should look at
    shows         what need not run, since it only shows something
    verdict       asks, judges, adds up
    results       verdicts kept on disk, and the lock of the one writer
    farm          workers that mark side by side
    preprocessor  the verdict in nbgrader's own autograding
    intake        takes in what people really hand in
    course        nbgrader's steps, in one process
    feedback      pages for students, harmless to whoever opens them
    formulas      their formulas, shown without a script or a network
    release       what students get; bundle and pins pack it
    report        the table of marks
    demo          all of it on a sample class
"""
