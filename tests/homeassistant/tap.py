"""TAP on stdout.  A part of the test has a limit of time, and what goes wrong in it fails it alone."""

import asyncio
import os
import time
import traceback
from contextlib import asynccontextmanager


def room():
    """Limits of time are those of a machine with nothing else to do; they grow with the load of this one."""
    return min(4, max(1, os.getloadavg()[0] / os.cpu_count()))


class Tap:
    def __init__(self):
        self.count = self.failed = 0
        self.figures = []
        self.began = time.monotonic()

    def ok(self, name, passed, *details):
        """One line; the details only if it has failed, at most twenty."""
        self.count += 1
        self.failed += not passed
        print(f"{'' if passed else 'not '}ok {self.count} - {name}", flush=True)
        if not passed:
            shown = [line for detail in details for line in str(detail).splitlines()]
            for line in shown[:20]:
                print(f"# {line[:200]}", flush=True)
            if len(shown) > 20:
                print(f"# and {len(shown) - 20} more")
        return passed

    def none(self, name, wrong):
        """Passes if the list of what is wrong is empty."""
        return self.ok(name, not wrong, *wrong)

    def within(self, name, took_s, limit_s):
        limit = limit_s * room()
        self.figure(f"{name}: {took_s:.1f} s")
        return self.ok(f"{name} within {limit_s} s", took_s < limit, f"{took_s:.1f} s, at most {limit:.0f} s")

    def figure(self, words):
        self.figures.append(words)
        print(f"# {words}", flush=True)

    @asynccontextmanager
    async def part(self, name, limit_s):
        begin = time.monotonic()
        print(f"# {name}", flush=True)
        try:
            async with asyncio.timeout(limit_s * room()):
                yield
        except Exception as wrong:  # the next part is tried all the same
            self.ok(f"{name}: to its end", False, repr(wrong), *traceback.format_exc().splitlines()[-8:])
        print(f"# {name}: {time.monotonic() - begin:.0f} s", flush=True)

    def summary(self):
        print(f"1..{self.count}")
        for words in self.figures:
            print(f"# {words}")
        took = time.monotonic() - self.began
        verdict = f"{self.failed} of {self.count} failed" if self.failed else f"all {self.count} passed"
        print(f"# {verdict}, {took:.0f} s", flush=True)
        return 1 if self.failed else 0
