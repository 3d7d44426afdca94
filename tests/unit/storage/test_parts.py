import pytest

from storage.parts import Dropped, dropped_on, while_wanted


def test_what_is_asked_for_after_an_interruption_is_wanted_again():
    with pytest.raises(KeyboardInterrupt), dropped_on(KeyboardInterrupt):
        raise KeyboardInterrupt
    with pytest.raises(Dropped):
        list(while_wanted("ab"))
    with dropped_on(KeyboardInterrupt):
        assert list(while_wanted("ab")) == ["a", "b"]
