"""Tests the page of `plimsoll explain --html` in a real headless Chromium (Debian: chromium, chromium-driver; PyPI: selenium).

    python3 .ci/page_test.py PLIMSOLL [SCREENSHOT_PREFIX]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

ROOT = Path(__file__).resolve().parent.parent


def browser():
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def chosen(driver):
    return driver.find_element(By.CSS_SELECTOR, "#rendered [aria-selected=true]")


def origin(driver):
    return driver.find_element(By.ID, "origin").text


def main():
    plimsoll = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        subprocess.run([plimsoll, "explain", str(ROOT / "charts/ledger"), "--html", str(page)], check=True, cwd=ROOT)
        text = page.read_text()
        assert "http://" not in text.split('id="data"')[0] and "src=" not in text.split('id="data"')[0], "needs no network"
        driver = browser()
        try:
            check(driver, page, sys.argv[2] if len(sys.argv) > 2 else None)
        finally:
            driver.quit()
    print("the page works")


def check(driver, page, screenshots):
    driver.get(page.as_uri())
    names = [o.text for o in Select(driver.find_element(By.ID, "environment")).options]
    assert names == ["dev", "prod", "staging"], names

    # Another environment, by the picker.
    Select(driver.find_element(By.ID, "environment")).select_by_visible_text("prod")
    assert "2.15.0-rc.2" not in driver.find_element(By.ID, "rendered").text

    # A click on a line shows its template's and its values' lines.
    rows = driver.find_elements(By.CSS_SELECTOR, "#rendered .row")
    image = next(r for r in rows if "image: registry" in r.text)
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", image)
    image.click()
    assert chosen(driver).text == image.text
    shown = origin(driver)
    for wanted in ("_helpers.tpl", "deployment.yaml", "values-prod.yaml", "image.tag", "image.repository", "overrides"):
        assert wanted in shown, f"{wanted} is missing in:\n{shown}"
    here = [e.text for e in driver.find_elements(By.CSS_SELECTOR, "#origin .row.here")]
    assert any("printf" in line or "image" in line for line in here), here
    made = [e.text for e in driver.find_elements(By.CSS_SELECTOR, "#origin .row.made")]
    assert any("2.14.1" in line for line in made), made
    if screenshots:
        driver.save_screenshot(screenshots + "-light.png")

    # By keyboard alone: down, up, search, next hit.
    before = chosen(driver).get_attribute("id")
    panel = driver.find_element(By.ID, "rendered")
    panel.send_keys(Keys.ARROW_DOWN)
    assert chosen(driver).get_attribute("id") != before
    panel.send_keys(Keys.ARROW_UP)
    assert chosen(driver).get_attribute("id") == before
    panel.send_keys("/")
    field = driver.switch_to.active_element
    assert field.get_attribute("id") == "search"
    field.send_keys("minReplicas", Keys.ENTER)
    assert "minReplicas" in chosen(driver).text, chosen(driver).text
    assert "autoscaling.minReplicas" in origin(driver)
    # A key of the values finds the lines that it is in, too.
    field.clear()
    field.send_keys("database.host", Keys.ENTER)
    assert "DATABASE_HOST" in chosen(driver).text, chosen(driver).text
    field.send_keys(Keys.ESCAPE)
    assert driver.switch_to.active_element.get_attribute("id") == "rendered"

    # Dark, and narrow.
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(20, 24, 29)", ground
    if screenshots:
        driver.save_screenshot(screenshots + "-dark.png")
    driver.set_window_size(500, 900)
    wide = driver.execute_script("return document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, "the page itself scrolls sideways on a narrow screen"

    # The address leads back to the line.
    address = driver.current_url
    driver.get("about:blank")
    driver.get(address)
    assert "DATABASE_HOST" in chosen(driver).text, chosen(driver).text
    errors = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
    assert not errors, errors


if __name__ == "__main__":
    main()
