"""An engine of ten short steps in the place of Spark's, in every Python that finds this file."""

import os
import signal
import sys
import time

if "lake.box" in sys.orig_argv:
    import jobs.run
    from jobs.errors import RunStopped
    from jobs.report import Event, Report

    def run(settings, on_event, stopping):
        print(f"definition: {settings.definition or 'retail'}")
        for number in range(int(os.environ.get("STEPS", "10"))):
            if stopping():
                raise RunStopped(f"Run {settings.run_id} stopped before step {number}.")
            time.sleep(600 if os.environ.get("HANGS") else 0.1)
            on_event(Event("silver", f"table_{number}", "finished", "published", 0.1, 1))
            if os.environ.get("DIES"):
                os.kill(os.getpid(), signal.SIGKILL)
        return Report(settings.run_id, "done", (), (), (), 1.0, 0.0)

    jobs.run.run = run
