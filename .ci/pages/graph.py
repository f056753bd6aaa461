"""Tests the page of `plimsoll graph charts/ledger --env prod -o html`: python3 .ci/pages/graph.py PAGE [SCREENSHOTS]"""

from selenium.webdriver.common.keys import Keys

from browser import run


def check(page):
    chosen = lambda: page.find("#things [aria-selected=true]").text
    detail = lambda: page.find("#detail").text
    assert chosen() == "Chart ledger", chosen()
    assert "values-prod.yaml" in detail(), detail()

    # A search, by keyboard alone; Enter takes the first hit.
    page.find("#things").send_keys("/")
    field = page.focused()
    assert field.get_attribute("id") == "search"
    field.send_keys("deployment ledger", Keys.ENTER)
    assert chosen() == "Deployment ledger", chosen()
    for wanted in ("selects", "Service ledger", "isolates", "reads", "ConfigMap ledger"):
        assert wanted in detail(), f"{wanted} is missing in:\n{detail()}"
    assert len(page.every("#detail path")) > 4
    page.shoot("light")

    # A box leads on, the arrows move.
    next(b for b in page.every("#detail button") if "Service ledger" in b.text).click()
    assert "Service" in page.find("#detail h2").text and "Deployment ledger" in detail(), detail()
    page.find("#search").send_keys(Keys.ESCAPE)
    first = chosen()
    page.find("#things").send_keys(Keys.ARROW_UP)
    assert chosen() != first
    page.find("#things").send_keys(Keys.ARROW_DOWN)
    assert chosen() == first

    # Only what is missing.
    page.find("#missing").click()
    rows = page.every("#things .thing")
    assert rows and all("missing" in r.get_attribute("class") for r in rows)
    page.find("#missing").click()

    # The address leads back.
    page.reopen()
    assert chosen() == first, chosen()


run(check)
