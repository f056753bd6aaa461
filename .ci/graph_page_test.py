"""Tests the page of `plimsoll graph -o html` in a real headless Chromium (Debian: chromium, chromium-driver; PyPI: selenium).

    python3 .ci/graph_page_test.py PLIMSOLL [SCREENSHOT_PREFIX]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(Path(__file__).resolve().parent))
from page_test import ROOT, browser


def chosen(driver):
    return driver.find_element(By.CSS_SELECTOR, "#things [aria-selected=true]").text


def main():
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "graph.html"
        out = subprocess.run([sys.argv[1], "graph", str(ROOT / "charts/ledger"), "--env", "prod", "-o", "html"],
                             check=True, cwd=ROOT, capture_output=True, text=True).stdout
        page.write_text(out)
        before = out.split('id="data"')[0]
        assert "http://" not in before and "src=" not in before, "needs no network"
        driver = browser()
        try:
            check(driver, page, sys.argv[2] if len(sys.argv) > 2 else None)
        finally:
            driver.quit()
    print("the page works")


def check(driver, page, screenshots):
    driver.get(page.as_uri())
    assert chosen(driver) == "Chart ledger", chosen(driver)
    detail = lambda: driver.find_element(By.ID, "detail").text
    assert "values-prod.yaml" in detail(), detail()

    # A search, by keyboard alone; Enter takes the first hit.
    things = driver.find_element(By.ID, "things")
    things.send_keys("/")
    field = driver.switch_to.active_element
    assert field.get_attribute("id") == "search"
    field.send_keys("deployment ledger", Keys.ENTER)
    assert chosen(driver) == "Deployment ledger", chosen(driver)
    for wanted in ("selects", "Service ledger", "isolates", "reads", "ConfigMap ledger"):
        assert wanted in detail(), f"{wanted} is missing in:\n{detail()}"
    assert len(driver.find_elements(By.CSS_SELECTOR, "#detail path")) > 4
    if screenshots:
        driver.save_screenshot(screenshots + "-light.png")

    # A box leads on, the arrows move.
    next(b for b in driver.find_elements(By.CSS_SELECTOR, "#detail button") if "Service ledger" in b.text).click()
    assert "Service pay" in detail() or "Service default/ledger" in detail() or "ledger" in detail()
    driver.find_element(By.ID, "search").send_keys(Keys.ESCAPE)
    first = chosen(driver)
    driver.find_element(By.ID, "things").send_keys(Keys.ARROW_UP)
    assert chosen(driver) != first
    driver.find_element(By.ID, "things").send_keys(Keys.ARROW_DOWN)
    assert chosen(driver) == first

    # Only what is missing.
    driver.find_element(By.ID, "missing").click()
    rows = driver.find_elements(By.CSS_SELECTOR, "#things .thing")
    assert rows and all("missing" in r.get_attribute("class") for r in rows)
    driver.find_element(By.ID, "missing").click()

    # The address leads back.
    address = driver.current_url
    driver.get("about:blank")
    driver.get(address)
    assert chosen(driver) == first, chosen(driver)

    # Dark, and narrow.
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(20, 24, 29)", ground
    if screenshots:
        driver.save_screenshot(screenshots + "-dark.png")
    driver.set_window_size(500, 900)
    wide = driver.execute_script("return document.documentElement.scrollWidth > document.documentElement.clientWidth")
    assert not wide, "the page itself scrolls sideways on a narrow screen"
    if screenshots:
        driver.save_screenshot(screenshots + "-narrow.png")
    errors = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
    assert not errors, errors


if __name__ == "__main__":
    main()
