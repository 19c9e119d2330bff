"""Every lecture that is ready keeps the course's rules, on paper and when it runs."""


def test_keeps_the_rules_as_committed(static_rule, notebook, lecture):
    assert static_rule(notebook, lecture) == []


def test_keeps_the_rules_when_it_runs(executed_rule, run):
    assert executed_rule(run) == []
