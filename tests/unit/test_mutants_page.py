"""What docs/mutants.md says of the tests that judge: of every judging module, and a reason for whatever is left."""

from pathlib import Path

from tests.mutants.page import BOUND, MODULES, UNEXPLAINED, Page, Row

PAGE = Path(__file__).parents[2] / "docs" / "mutants.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_judging_module_was_tried_and_whatever_is_left_has_its_reason() -> None:
    page = Page.read(TEXT)
    assert page.rows.keys() <= set(MODULES)
    assert [module for module, row in page.rows.items() if row.share < BOUND] == []
    assert [mutant for mutant, why in page.left.items() if why == UNEXPLAINED] == []
    for module, row in page.rows.items():
        assert sum(of == module for of, _ in page.left) <= row.made - row.noticed


def test_the_page_is_what_the_run_writes() -> None:
    assert Page.read(TEXT).text == TEXT


def test_what_came_out_anew_takes_the_place_of_what_was_there_and_reasons_stay() -> None:
    page = Page("# x\n", {"fates": Row(10, 8)}, {("fates", "`a` → `b`"): "why", ("fates", "`c` → `d`"): "gone"})
    new = page.renewed({"fates": Row(20, 18), "digest": Row(5, 5)}, [("fates", "`a` → `b`"), ("fates", "`e` → `f`")])
    assert new.rows == {"fates": Row(20, 18), "digest": Row(5, 5)}
    assert new.left == {("fates", "`a` → `b`"): "why", ("fates", "`e` → `f`"): UNEXPLAINED}
    assert Page.read(new.text) == new
    assert (
        "| `fates` | 20 | 18 | 2 | 90.0 % |\n| `digest` | 5 | 5 | 0 | 100.0 % |\n| in all | 25 | 23 | 2 | 92.0 % |"
        in (new.text)
    )


def test_where_nothing_is_left_the_page_says_so() -> None:
    page = Page("# x\n", {"fates": Row(10, 10)}, {})
    assert page.text.endswith("\n## What is left, and why\n\nNothing.\n")
    assert Page.read(page.text) == page
