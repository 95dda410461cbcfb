from gloo.cli.table import format_table


def test_columns_line_up_and_lines_end_where_their_text_ends() -> None:
    assert format_table(("NAME", "STATE"), [("petstore", "Accepted"), ("x", "")]).splitlines() == [
        "NAME      STATE",
        "petstore  Accepted",
        "x         -",
    ]


def test_a_line_break_in_a_cell_stays_in_its_line() -> None:
    assert format_table(("A",), [("one\n  two",)]) == "A\none two"


def test_wide_characters_take_two_columns_and_combining_ones_none() -> None:
    lines = format_table(("N", "S"), [("猫", "x"), ("e\u0301", "y")]).splitlines()
    assert lines == ["N   S", "猫  x", "e\u0301   y"]
