from threading import Thread

from shared.once import once


def test_a_thing_is_made_once_though_another_thread_asks_while_it_is_made() -> None:
    made: list[str] = []
    answers: list[list[str]] = []
    second = Thread(target=lambda: answers.append(thing()))

    @once
    def thing() -> list[str]:
        made.append("thing")
        if len(made) == 1:
            second.start()
            second.join(0.2)  # it waits for us, so that this takes as long as it may
        return list(made)

    answers.append(thing())
    second.join()

    assert answers == [["thing"], ["thing"]]
