"""Make a process die when its parent dies, however the parent dies.

Run as a script it becomes another program: ``python -I -S parent_death.py PARENT_PID PROGRAM [ARGUMENT...]``. It asks
the kernel for the signal and then replaces itself, so the request holds for PROGRAM, under the same process id. On
the way it lifts the limit of open files to the most allowed: the usual 1,024 would do for some 500 requests at a time.
Only the standard library is used, and little of it: this stands between the start and the first request.
"""

import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with(parent: int) -> None:
    """Ask for SIGKILL at the death of *parent*, our parent; end at once if it is dead already.

    Linux only: elsewhere nothing happens, and a child of a killed parent has to be ended by hand. The kernel forgets
    the request when a program with file capabilities or a set-user-ID bit is executed. It watches the *thread* that
    started us, so start children from a thread that lives as long as the parent.
    """
    if sys.platform != "linux":
        return
    import ctypes  # noqa: PLC0415 - not to be loaded where it is of no use

    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the kernel could take note
        sys.exit(1)


def _lift_file_limit() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    """Replace this process by the program named on the command line; say so and end with status 1 if it fails."""
    parent, *command = sys.argv[1:]
    die_with(int(parent))
    _lift_file_limit()
    try:
        os.execv(command[0], command)  # noqa: S606 - a list of arguments, no shell
    except OSError as error:
        sys.exit(f"{command[0]} can't be run: {error.strerror}")


if __name__ == "__main__":
    main()
