# SPDX-License-Identifier: Apache-2.0
"""What takes time, in an interpreter of its own."""

import troupe


@troupe.handler
def factors(n):
    """The primes whose product is `n`."""
    found = []
    divisor = 2
    while divisor * divisor <= n:
        while n % divisor == 0:
            found.append(divisor)
            n //= divisor
        divisor += 1 if divisor == 2 else 2
    return found + [n] if n > 1 else found
