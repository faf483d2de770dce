from bot.queue.shares import UNSHARED, Shares
from bot.storage.tables import Job


def jobs(*chats: int) -> list[Job]:
    return [Job(chat_id=chat_id) for chat_id in chats]


def test_a_chat_has_no_more_than_its_share() -> None:
    shares = Shares(2)
    shares.take([7])
    assert shares.used_up == []
    shares.take([7, 8, 8])  # one hand, though for two photos of 8
    assert shares.used_up == [7]
    shares.give_back([7])
    assert shares.used_up == []


def test_what_is_claimed_at_once_counts_together() -> None:
    shares = Shares(2)
    shares.take([7])
    found = jobs(7, 7, 8, 8, 8, 9)
    assert shares.within(found) == [found[0], found[2], found[3], found[5]]
    assert shares.used_up == [], "nothing was taken yet"


def test_without_shares_everything_fits() -> None:
    found = jobs(7, 7, 7)
    assert UNSHARED.within(found) == found
    assert UNSHARED.used_up == []
