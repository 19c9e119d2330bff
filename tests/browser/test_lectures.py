import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PLAYS = """async audio => {
  if (audio.readyState < 1) {
    audio.load();
    await new Promise((yes, no) => {
      audio.onloadedmetadata = yes;
      audio.onerror = () => no(new Error('cannot decode'));
    });
  }
  return audio.duration;
}"""
REDRAWN = """([board, before]) => {
  const picture = board.querySelector('img');
  return picture && picture.src !== before && picture.complete;
}"""
IS_DRAWN = "image => image.complete && image.naturalWidth > 300"


def test_lecture_01_runs_and_its_slider_redraws_the_picture(open_notebook):
    lecture = open_notebook("notebooks/01_dft.ipynb")
    lecture.run_all()
    page = lecture.page
    assert lecture.errors() == []

    players = page.locator(".jp-OutputArea audio")
    assert players.count() >= 3
    for player in players.all():
        assert 0.2 < player.evaluate(PLAYS) < 60
        figure = player.locator("xpath=ancestor::figure[1]")
        assert len(figure.inner_text().strip()) > 5

    pictures = page.locator(".jp-OutputArea img")
    assert pictures.count() >= 5
    for picture in pictures.all():
        assert picture.evaluate(IS_DRAWN)
        assert len(picture.get_attribute("alt") or "") > 20

    board = page.locator(".jp-OutputArea-output:has([role=slider]):has(img)").first
    handle, picture = board.locator("[role=slider]").first, board.locator("img").first
    value, before = handle.get_attribute("aria-valuenow"), picture.get_attribute("src")
    handle.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(REDRAWN, arg=[board.element_handle(), before])
    assert handle.get_attribute("aria-valuenow") != value
    assert board.locator("img").first.evaluate(IS_DRAWN)
