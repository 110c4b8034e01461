"""The process that runs untrusted programs: standard library and ctypes only.

It is started by path (`start.py`) with a clean environment and never imports genesys itself, so that
nothing but Python stands in the memory that test processes are forked from:

    start.py         makes this package importable alone, then runs main
    main.py          proves its level and serves requests from the socket
    program.py       one program: an init process that runs its tests one after the other
    run.py           one test: memfd stdio, start, guard, reap, report
    python_main.py   what a warm Python test process does after its fork
    namespaces.py    user, mount, pid, network, IPC and UTS namespaces
    mounts.py        the file system that programs see
    landlock.py      the file system, network and signal rules where namespaces are not to be had
    seccomp.py       the system calls that no program may make (call_numbers.py)
    privileges.py    uid, capabilities, resource limits
    probes.py        the self-test: what a program here can *not* do, by trying
    syscalls.py      system calls that Python lacks, through ctypes
"""
