"""Tests the page of `plimsoll diff --output html`. The page is that of the tests' odd changes:

    DIFF_PAGE=/tmp/diff.html cargo test no_format_holds_a_secret_or_markup
    python3 .ci/pages/diff.py /tmp/diff.html [SCREENSHOTS]
"""

from selenium.webdriver.common.keys import Keys

from browser import run


def check(page):
    shown = lambda: page.shown("#list > .object")

    # Everything that counts is there and open; what stays is folded, and opens.
    assert len(shown()) == 5, len(shown())
    assert page.find("#count").text == "5 of 5"
    assert "refused" in page.find("#meaning").text and "prod: requests.memory" in page.find("#meaning").text
    page.shoot("light")
    before = len(page.every(".row"))
    gaps = page.every(".gap")
    assert gaps, "there are lines that stay"
    gaps[0].click()
    assert len(page.every(".row")) > before

    # The words that differ are marked, and lines lead to the values.
    assert any(m.text == "3" for m in page.every(".row.come mark")), [m.text for m in page.every(".row.come mark")]
    assert "values.yaml:3:8 image.tag" in page.find("#list").text

    # Filters.
    page.pick("release", "ledger in prod")
    assert len(shown()) == 4, [e.text[:60] for e in shown()]
    assert "staging: requests.memory" not in page.find("#meaning").text
    page.pick("release", "all")
    page.pick("kind", "Job")
    assert len(shown()) == 1
    page.pick("kind", "all")
    page.pick("change", "removed")
    assert [e.text.splitlines()[0].startswith("removed") for e in shown()] == [True]
    page.pick("change", "all")

    # By keyboard: search, next object, both sides.
    page.find("body").send_keys("/")
    page.focused().send_keys("workers")
    assert len(shown()) == 1
    page.focused().send_keys(Keys.ESCAPE)
    assert len(shown()) == 5
    page.find("body").send_keys("j")
    assert page.focused().tag_name == "summary"
    page.focused().send_keys("s")
    assert page.every(".sides") and page.find("#sides").is_selected()
    page.shoot("sides")
    page.reset()
    assert not page.every(".sides")


run(check)
