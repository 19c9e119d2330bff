import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

ANSWER = """
def dft_matrix(n):
    t = np.arange(n)
    angle = 2 * np.pi * np.outer(t, t) / n
    return np.cos(angle), np.sin(angle)
"""


def validate(notebook) -> str:
    """Press Validate and return what the dialog says."""
    page = notebook.page
    page.click(".jp-NotebookPanel-toolbar >> text=Validate")
    message = page.locator("#validation-message")
    message.wait_for(timeout=60_000)
    text = message.inner_text()
    page.keyboard.press("Enter")
    message.wait_for(state="detached")
    return text


def test_homework_1_is_checked_while_it_is_written(open_notebook):
    homework = open_notebook("assignments/hw1_dft/dft.ipynb")
    empty = validate(homework)
    assert 'check("dft_matrix", dft_matrix)' in empty
    assert "dft_matrix is not written yet" in empty

    homework.write_cell("def dft_matrix(n)", ANSWER)
    answered = validate(homework)
    assert "dft_matrix" not in answered
    assert "dft is not written yet" in answered

    homework.run_all()
    reports = homework.page.locator(".jp-OutputArea-output:has-text('checks passed')")
    assert "2 of 2 checks passed" in reports.first.inner_text()
