"""Tests the page of `plimsoll lint --output html` in a real headless Chromium (Debian: chromium, chromium-driver; PyPI:
selenium). The page is that of the tests' odd findings:

    PAGE=/tmp/lint.html cargo test nothing_in_a_finding_is_markup
    python3 .ci/lint_page_test.py /tmp/lint.html [SCREENSHOT_PREFIX]
"""

import sys
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from page_test import browser


def main():
    driver = browser()
    try:
        check(driver, Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else None)
    finally:
        driver.quit()
    print("the page works")


def check(driver, page, screenshots):
    find = lambda selector: driver.find_element(By.CSS_SELECTOR, selector)
    shown = lambda: [e for e in driver.find_elements(By.CSS_SELECTOR, "#list > .finding") if e.is_displayed()]
    pick = lambda name, text: Select(find(f"#{name}")).select_by_visible_text(text)
    shoot = lambda name: screenshots and driver.save_screenshot(f"{screenshots}-{name}.png")
    reset = lambda: (find("form button[type=reset]").click(), driver.execute_async_script("setTimeout(arguments[0], 20)"))
    driver.get(page.as_uri())

    # All that count are there, the waived ones only when asked for.
    assert len(shown()) == 6, len(shown())
    assert find("#count").text == "6 of 8"
    find("#waived").click()
    assert len(shown()) == 8
    shoot("light")
    reset()
    assert len(shown()) == 6

    # Text of strangers stays text.
    assert not driver.find_elements(By.CSS_SELECTOR, "img"), "markup out of a finding"
    assert "<img src=x onerror=alert(1)>" in find("#list").text

    # Each filter, and all of them together.
    find("#severities input[value=info]").click()
    assert len(shown()) == 4
    reset()
    pick("rule", "fintech/latest-tag")
    assert len(shown()) == 2
    reset()
    pick("chart", "charts/pay")
    assert len(shown()) == 0 and find(".empty").is_displayed()
    reset()
    pick("environment", "prod")
    assert len(shown()) == 3
    pick("rule", "schema/too-long")
    assert len(shown()) == 1
    reset()
    find("#search").send_keys("ключ")
    assert len(shown()) == 1
    find("#search").send_keys(Keys.ESCAPE)
    assert len(shown()) == 6

    # A cell of the matrix filters, and a second click takes that back.
    cell = lambda: find("""#matrix [data-cell='["charts/ledger","prod"]']""")
    assert cell().text == "2E 1I", cell().text
    cell().click()
    assert len(shown()) == 3 and cell().get_attribute("aria-pressed") == "true"
    cell().click()
    assert len(shown()) == 6

    # By keyboard alone: search, next, open.
    find("body").send_keys("/")
    field = driver.switch_to.active_element
    assert field.get_attribute("id") == "search"
    field.send_keys("deployment.yaml", Keys.ESCAPE)
    find("body").send_keys("j", "j")
    first = driver.switch_to.active_element
    assert first.tag_name == "summary", first.tag_name
    find("body").send_keys("k")
    driver.execute_script("document.activeElement.blur()")
    pick("rule", "fintech/latest-tag")
    driver.execute_script("document.activeElement.blur()")
    find("body").send_keys("k")
    driver.switch_to.active_element.send_keys(Keys.ENTER)
    text = shown()[1].text
    for wanted in ("Pin the tag", "image: {{ .Values.image.tag }}", "tag: latest # не так", "image.tag at", "PCI DSS"):
        assert wanted in text, f"{wanted} is missing in:\n{text}"
    here = [e.text for e in driver.find_elements(By.CSS_SELECTOR, ".row.here")]
    assert here == ["  - image: {{ .Values.image.tag }}", "  tag: latest # не так"] or len(here) == 2, here
    shoot("open")

    # No link leads to a script.
    reset()
    for summary in driver.find_elements(By.CSS_SELECTOR, "summary"):
        if summary.is_displayed():
            summary.click()
    links = [a.get_attribute("href") for a in driver.find_elements(By.CSS_SELECTOR, "a")]
    assert links and all(link.startswith("https://") for link in links), links

    # Dark, and narrow.
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(20, 24, 29)", ground
    shoot("dark")
    driver.set_window_size(500, 900)
    wide = driver.execute_script("return document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, "the page itself scrolls sideways on a narrow screen"
    shoot("narrow")
    errors = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
    assert not errors, errors


if __name__ == "__main__":
    main()
