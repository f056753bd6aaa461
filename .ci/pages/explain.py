"""Tests the page of `plimsoll explain charts/ledger --html PAGE`: python3 .ci/pages/explain.py PAGE [SCREENSHOTS]"""

from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import run


def check(page):
    chosen = lambda: page.find("#rendered [aria-selected=true]")
    origin = lambda: page.find("#origin").text
    names = [o.text for o in Select(page.find("#environment")).options]
    assert names == ["dev", "prod", "staging"], names

    # Another environment, by the picker.
    page.pick("environment", "prod")
    assert "2.15.0-rc.2" not in page.find("#rendered").text

    # A click on a line shows its template's and its values' lines.
    image = next(r for r in page.every("#rendered .row") if "image: registry" in r.text)
    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", image)
    image.click()
    assert chosen().text == image.text
    for wanted in ("_helpers.tpl", "deployment.yaml", "values-prod.yaml", "image.tag", "image.repository", "overrides"):
        assert wanted in origin(), f"{wanted} is missing in:\n{origin()}"
    here = [e.text for e in page.every("#origin .row.here")]
    assert any("printf" in line or "image" in line for line in here), here
    made = [e.text for e in page.every("#origin .row.made")]
    assert any("2.14.1" in line for line in made), made
    page.shoot("light")

    # By keyboard alone: down, up, search, next hit.
    before = chosen().get_attribute("id")
    panel = page.find("#rendered")
    panel.send_keys(Keys.ARROW_DOWN)
    assert chosen().get_attribute("id") != before
    panel.send_keys(Keys.ARROW_UP)
    assert chosen().get_attribute("id") == before
    panel.send_keys("/")
    field = page.focused()
    assert field.get_attribute("id") == "search"
    field.send_keys("minReplicas", Keys.ENTER)
    assert "minReplicas" in chosen().text, chosen().text
    assert "autoscaling.minReplicas" in origin()
    # A key of the values finds the lines that it is in, too.
    field.clear()
    field.send_keys("database.host", Keys.ENTER)
    assert "DATABASE_HOST" in chosen().text, chosen().text
    field.send_keys(Keys.ESCAPE)
    assert page.focused().get_attribute("id") == "rendered"

    # The address leads back to the line.
    page.reopen()
    assert "DATABASE_HOST" in chosen().text, chosen().text


run(check)
