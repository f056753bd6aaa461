"""Tests the page of `plimsoll lint --output html`. The page is that of the tests' odd findings:

    PAGE=/tmp/lint.html cargo test nothing_in_a_finding_is_markup
    python3 .ci/pages/lint.py /tmp/lint.html [SCREENSHOTS]
"""

from selenium.webdriver.common.keys import Keys

from browser import run


def check(page):
    shown = lambda: page.shown("#list > .finding")

    # All that count are there, the waived ones only when asked for.
    assert len(shown()) == 6, len(shown())
    assert page.find("#count").text == "6 of 8"
    page.find("#waived").click()
    assert len(shown()) == 8
    page.shoot("light")
    page.reset()
    assert len(shown()) == 6

    # Text of strangers stays text.
    assert not page.every("img"), "markup out of a finding"
    assert "<img src=x onerror=alert(1)>" in page.find("#list").text

    # Each filter, and all of them together.
    page.find("#severities input[value=info]").click()
    assert len(shown()) == 4
    page.reset()
    page.pick("rule", "fintech/latest-tag")
    assert len(shown()) == 2
    page.reset()
    page.pick("chart", "charts/pay")
    assert len(shown()) == 0 and page.find(".empty").is_displayed()
    page.reset()
    page.pick("environment", "prod")
    assert len(shown()) == 3
    page.pick("rule", "schema/too-long")
    assert len(shown()) == 1
    page.reset()
    page.find("#search").send_keys("ключ")
    assert len(shown()) == 1
    page.find("#search").send_keys(Keys.ESCAPE)
    assert len(shown()) == 6

    # A cell of the matrix filters, and a second click takes that back.
    cell = lambda: page.find("""#matrix [data-cell='["charts/ledger","prod"]']""")
    assert cell().text == "2E 1I", cell().text
    cell().click()
    assert len(shown()) == 3 and cell().get_attribute("aria-pressed") == "true"
    cell().click()
    assert len(shown()) == 6

    # By keyboard alone: search, next, open.
    page.find("body").send_keys("/")
    field = page.focused()
    assert field.get_attribute("id") == "search"
    field.send_keys("deployment.yaml", Keys.ESCAPE)
    page.find("body").send_keys("j", "j")
    first = page.focused()
    assert first.tag_name == "summary", first.tag_name
    page.find("body").send_keys("k")
    page.driver.execute_script("document.activeElement.blur()")
    page.pick("rule", "fintech/latest-tag")
    page.driver.execute_script("document.activeElement.blur()")
    page.find("body").send_keys("k")
    page.focused().send_keys(Keys.ENTER)
    text = shown()[1].text
    for wanted in ("Pin the tag", "image: {{ .Values.image.tag }}", "tag: latest # не так", "image.tag at", "PCI DSS"):
        assert wanted in text, f"{wanted} is missing in:\n{text}"
    here = [e.text for e in page.every(".row.here")]
    assert here == ["  - image: {{ .Values.image.tag }}", "  tag: latest # не так"] or len(here) == 2, here
    page.shoot("open")

    # No link leads to a script.
    page.reset()
    for summary in page.every("summary"):
        if summary.is_displayed():
            summary.click()
    links = [a.get_attribute("href") for a in page.every("a")]
    assert links and all(link.startswith("https://") for link in links), links


run(check)
