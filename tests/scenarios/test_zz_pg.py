from pathlib import Path
import pytest
from world import world
import postgres, test_several_regions as t1, test_plan as t2, test_images as t3, test_home as t4, test_mention as t5
import inspect
from contextlib import ExitStack

CASES = [
    (m, n)
    for m in (t1, t2, t3, t4, t5)
    for n, f in vars(m).items()
    if n.startswith("test_") and callable(f)
]


@pytest.mark.parametrize("m,n", CASES, ids=[n for _, n in CASES])
def test_pg(m, n, tmp_path):
    f = getattr(m, n)
    with ExitStack() as stack:

        def start(policy, **s):
            url = stack.enter_context(postgres.database())
            return stack.enter_context(world(tmp_path, policy, DATABASE_URL=url, **s))

        args = inspect.signature(f).parameters
        if "start" in args:
            f(start)
        else:
            f(start(t1.RUNS_AT_ONCE))
