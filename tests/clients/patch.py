"""The clients ask every 2 or 5 seconds for what they wait for; here it takes less than that."""

import time

LONGEST_S = 0.5


def no_long_sleeps():
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(min(seconds, LONGEST_S))
