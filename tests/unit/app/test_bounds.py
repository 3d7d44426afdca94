import asyncio
import time

import pytest

from app.bounds import Bounds, Busy, Gone, Turns


async def _waits() -> bool:
    return False


async def _has_gone() -> bool:
    return True


def test_one_works_at_a_time_and_too_many_are_put_off() -> None:
    at_once, most = 0, 0

    def slow() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        time.sleep(0.05)
        at_once -= 1

    async def six() -> list[BaseException | None]:
        turns = Turns(Bounds(max_waiting=3))
        return await asyncio.gather(
            *(turns.take(slow, _waits) for _ in range(6)), return_exceptions=True
        )

    answers = asyncio.run(six())

    assert [type(answer) for answer in answers[3:]] == [Busy] * 3
    assert answers[:3] == [None] * 3
    assert most == 1


def test_what_takes_too_long_is_given_up_and_keeps_its_turn_until_it_ends() -> None:
    ended = []

    async def both() -> int:
        turns = Turns(Bounds(timeout_seconds=1))
        with pytest.raises(TimeoutError):
            await turns.take(lambda: ended.append(time.sleep(1.1)), _waits)
        return await turns.take(lambda: len(ended), _waits)

    assert asyncio.run(both()) == 1


def test_who_has_gone_is_not_worked_for_and_the_turn_goes_on() -> None:
    worked = []

    async def both() -> int:
        turns = Turns(Bounds())
        with pytest.raises(Gone):
            await turns.take(lambda: worked.append(1), _has_gone)
        return await turns.take(lambda: 7, _waits)

    assert asyncio.run(both()) == 7
    assert worked == []


def test_who_goes_while_waiting_leaves_the_place_to_another_at_once() -> None:
    order: list[str] = []

    async def all_of_them() -> list[BaseException | None]:
        turns = Turns(Bounds(max_waiting=3))
        working = asyncio.ensure_future(turns.take(lambda: time.sleep(1.5), _waits))
        await asyncio.sleep(0.05)
        leaving = [asyncio.ensure_future(turns.take(lambda: None, _has_gone)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(Busy):
            await turns.take(lambda: None, _waits)
        left = await asyncio.gather(*leaving, return_exceptions=True)
        assert not working.done()
        coming = [turns.take(lambda name=name: order.append(name), _waits) for name in "ab"]
        await asyncio.gather(working, *coming)
        return left

    assert [type(each) for each in asyncio.run(all_of_them())] == [Gone, Gone]
    assert order == ["a", "b"]


def test_a_wait_that_is_cut_short_takes_no_turn() -> None:
    async def both() -> int:
        turns = Turns(Bounds(timeout_seconds=0.3))
        long = asyncio.ensure_future(turns.take(lambda: time.sleep(0.6), _waits))
        await asyncio.sleep(0.05)
        with pytest.raises(TimeoutError):
            await turns.take(lambda: 1, _waits)
        with pytest.raises(TimeoutError):
            await long
        await asyncio.sleep(0.5)
        return await turns.take(lambda: 7, _waits)

    assert asyncio.run(both()) == 7


def test_a_turn_is_given_back_when_work_fails() -> None:
    def fail() -> None:
        raise RuntimeError

    async def both() -> int:
        turns = Turns(Bounds())
        with pytest.raises(RuntimeError):
            await turns.take(fail, _waits)
        return await turns.take(lambda: 7, _waits)

    assert asyncio.run(both()) == 7
