"""Tests the page of `plimsoll diff --output html` in a real headless Chromium (Debian: chromium, chromium-driver; PyPI:
selenium). The page is that of the tests' odd changes:

    DIFF_PAGE=/tmp/diff.html cargo test no_format_holds_a_secret_or_markup
    python3 .ci/diff_page_test.py /tmp/diff.html [SCREENSHOT_PREFIX]
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
    every = lambda selector: driver.find_elements(By.CSS_SELECTOR, selector)
    shown = lambda: [e for e in every("#list > .object") if e.is_displayed()]
    pick = lambda name, text: Select(find(f"#{name}")).select_by_visible_text(text)
    shoot = lambda name: screenshots and driver.save_screenshot(f"{screenshots}-{name}.png")
    driver.get(page.as_uri())

    # Everything that counts is there and open; what stays is folded, and opens.
    assert len(shown()) == 5, len(shown())
    assert find("#count").text == "5 of 5"
    assert "refused" in find("#meaning").text and "prod: requests.memory" in find("#meaning").text
    shoot("light")
    before = len(every(".row"))
    gaps = every(".gap")
    assert gaps, "there are lines that stay"
    gaps[0].click()
    assert len(every(".row")) > before

    # The words that differ are marked, and lines lead to the values.
    assert any(m.text == "3" for m in every(".row.come mark")), [m.text for m in every(".row.come mark")]
    assert "values.yaml:3:8 image.tag" in find("#list").text

    # Filters.
    pick("release", "ledger in prod")
    assert len(shown()) == 4, [e.text[:60] for e in shown()]
    assert "staging: requests.memory" not in find("#meaning").text
    pick("release", "all")
    pick("kind", "Job")
    assert len(shown()) == 1
    pick("kind", "all")
    pick("change", "removed")
    assert [e.text.splitlines()[0].startswith("removed") for e in shown()] == [True]
    pick("change", "all")

    # By keyboard: search, next object, both sides.
    find("body").send_keys("/")
    driver.switch_to.active_element.send_keys("workers")
    assert len(shown()) == 1
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    assert len(shown()) == 5
    find("body").send_keys("j")
    assert driver.switch_to.active_element.tag_name == "summary"
    driver.switch_to.active_element.send_keys("s")
    assert every(".sides") and find("#sides").is_selected()
    shoot("sides")
    find("form button[type=reset]").click()
    driver.execute_async_script("setTimeout(arguments[0], 20)")
    assert not every(".sides")

    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    assert driver.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
    shoot("dark")
    severe = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
    assert not severe, severe


if __name__ == "__main__":
    main()
