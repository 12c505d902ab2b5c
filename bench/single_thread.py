# SPDX-License-Identifier: Apache-2.0
"""Work of one thread, in an ordinary Python.

    python3.14 single_thread.py WORK STATE COUNT

does it COUNT times and prints one number: seconds of CPU time for each. STATE says what the
process has besides: "bare" (not even troupe), "imported", or "idle" (a system is
up, with eight actors that have nothing to do).
"""

import sys
import time

_works = {}


def work(function):
    _works[function.__name__] = function
    return function


@work
def calls():
    """Calls of a Python function, and small ints."""
    return fibonacci(20)


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


@work
def words():
    """Strings and dicts."""
    counts = {}
    for n in range(5_000):
        word = f"{n % 97:x}-{n % 31}".upper()
        counts[word] = counts.get(word, 0) + len(word.split("-"))
    return ",".join(sorted(counts))


@work
def bodies():
    """Floats and attributes: five bodies that attract each other."""
    all_bodies = [Body(n) for n in range(5)]
    for _ in range(100):
        for body in all_bodies:
            body.attracted_by(all_bodies)
        for body in all_bodies:
            body.move(0.01)
    return all_bodies[0].x


class Body:
    def __init__(self, n):
        self.x, self.y, self.vx, self.vy, self.mass = n, n * n / 2, 0.0, 0.1 * n, 1 + n

    def attracted_by(self, others):
        for other in others:
            if other is not self:
                dx, dy = other.x - self.x, other.y - self.y
                pull = other.mass / (dx * dx + dy * dy + 0.01) ** 1.5
                self.vx += pull * dx
                self.vy += pull * dy

    def move(self, time_passed):
        self.x += self.vx * time_passed
        self.y += self.vy * time_passed


@work
def allocations():
    """Objects that come and go, and those that the collector has to look at."""
    kept = [[n, {"n": n}] for n in range(2_000)]
    for each in kept:
        each.append(each)
    return len(kept)


def prepare(state):
    if state == "bare":
        return None
    import troupe

    if state == "imported":
        return None
    system = troupe.System()
    for _ in range(8):
        system.spawn("actors:Echo")
    system.wait_quiet()
    while system.stats()["interpreters_warm"] < 2:  # those for the next actors
        time.sleep(0.01)
    return system


def main(name, state, count):
    system = prepare(state)
    once = _works[name]
    once()
    start = time.thread_time()
    for _ in range(count):
        once()
    print((time.thread_time() - start) / count)
    if system is not None:
        system.shutdown()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
