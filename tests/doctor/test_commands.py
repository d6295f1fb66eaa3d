"""Commands that advice names."""

from hibiscus.doctor.commands import repeated_command

INFO = {
    "method": "forecast",
    "data": {"path": "air.csv"},
    "argv": ["hibiscus", "train", "forecast", "air.csv", "transform=log", "epochs=3", "--out", "run"],
}


def test_the_options_of_the_run_are_repeated_but_for_those_that_change():
    expected = "hibiscus crossval forecast air.csv transform=log epochs=3 folds=5"
    assert repeated_command("crossval", INFO, "folds=5") == expected
    assert repeated_command("train", INFO, "epochs=9") == (
        "hibiscus train forecast air.csv transform=log epochs=9"
    )


def test_a_run_from_python_has_only_its_target():
    info = {**INFO, "argv": ["script.py"], "data_options": {"target": "the class"}}
    assert repeated_command("crossval", info, "folds=5") == (
        "hibiscus crossval forecast air.csv 'target=the class' folds=5"
    )
