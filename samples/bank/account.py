# SPDX-License-Identifier: Apache-2.0
"""An account: an actor that moves money to other accounts.

    ready  --transfer: money leaves, deposit is asked-->  pending
    ready  <--the other account has answered------------  pending

While a transfer is pending it isn't known whether the money comes back, so all
that depends on the balance is put aside until it is. Deposits always get in:
else two accounts that send to each other would wait for each other.
"""

import troupe


class Account:
    def __init__(self, balance: int, frozen: bool = False) -> None:
        self.money = balance
        self.frozen = frozen
        self.pending = {
            "deposit": self.deposit,
            "transfer": self.later,
            "balance": self.later,
        }

    @troupe.handler
    def balance(self) -> int:
        return self.money

    @troupe.handler
    def deposit(self, amount: int) -> None:
        if self.frozen:
            raise ValueError("this account is frozen")
        self.money += amount

    @troupe.handler
    def transfer(self, other: troupe.Ref["Account"], amount: int) -> str:
        if amount > self.money:
            return "no money"
        self.money -= amount
        reply = troupe.context.reply_later()
        troupe.context.become(self.pending)
        asked = other.ask.deposit(amount)
        asked.add_done_callback(lambda done: self.settle(done, amount, reply))
        return ""  # answers nobody: the reply does, in settle()

    def later(self, *args: object) -> None:
        troupe.context.stash()

    def settle(
        self, asked: troupe.Future[None], amount: int, reply: troupe.Reply
    ) -> None:
        outcome = "done"
        if asked.exception() is not None:
            self.money += amount
            outcome = "sent back"
        reply.answer(outcome)
        troupe.context.unbecome()
        troupe.context.unstash_all()
