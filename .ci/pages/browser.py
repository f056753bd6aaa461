"""A real headless Chromium (Debian: chromium, chromium-driver; PyPI: selenium), and what is asked of every page."""

import subprocess
import sys
import tempfile
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

ROOT = Path(__file__).resolve().parent.parent.parent


class Page:
    """A page in the browser. Screenshots are kept under `prefix` when there is one."""

    def __init__(self, driver, prefix):
        self.driver, self.prefix = driver, prefix

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def every(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def shown(self, selector):
        return [e for e in self.every(selector) if e.is_displayed()]

    def pick(self, name, text):
        Select(self.find(f"#{name}")).select_by_visible_text(text)

    def focused(self):
        return self.driver.switch_to.active_element

    def reset(self):
        """Takes the filters back, and waits until the page has done so."""
        self.find("form button[type=reset]").click()
        self.driver.execute_async_script("setTimeout(arguments[0], 20)")

    def reopen(self):
        """Opens the page's address once more, from another page."""
        address = self.driver.current_url
        self.driver.get("about:blank")
        self.driver.get(address)

    def shoot(self, name):
        if self.prefix:
            self.driver.save_screenshot(f"{self.prefix}-{name}.png")

    def dark_and_narrow(self):
        media = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        ground = self.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(20, 24, 29)", ground
        self.shoot("dark")
        self.driver.set_window_size(500, 900)
        root = "document.documentElement"
        wide = self.driver.execute_script(f"return {root}.scrollWidth > {root}.clientWidth")
        assert not wide, "the page itself scrolls sideways on a narrow screen"
        self.shoot("narrow")


def run(check):
    """Opens the page that the first argument names, and hands it to `check`; a second argument is where screenshots go."""
    prefix = sys.argv[2] if len(sys.argv) > 2 else None
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,900", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        path = Path(sys.argv[1]).resolve()
        shell = path.read_text().split('id="data"')[0]
        assert "http://" not in shell and "src=" not in shell, "needs no network"
        driver.get(path.as_uri())
        page = Page(driver, prefix)
        check(page)
        page.dark_and_narrow()
        errors = [e for e in driver.get_log("browser") if e["level"] == "SEVERE"]
        assert not errors, errors
    finally:
        driver.quit()
    print(f"{path.name} works", flush=True)
