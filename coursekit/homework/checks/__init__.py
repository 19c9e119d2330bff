"""How work is checked: cases, calls, comparison, judgement, a report of it."""
