"""The seccomp filter: classic BPF that denies system calls which no solution needs.

It stands *beside* namespaces or Landlock: those take what a program could reach away, and the filter
takes the kernel's rarely used entrances away (keyrings, bpf, io_uring, ptrace, sockets, mounts), and the
few calls with which a program could hold on to state or touch a process of its own user.

The policy is a list of rules, first match wins:

    deny("ptrace")                         EPERM
    deny_unless("prlimit64", 0, 0)         EPERM unless argument 0 is 0: a process may ask for itself
    deny_if_any("clone", 0, NAMESPACES)    EPERM if argument 0 has one of the bits
"""

from __future__ import annotations

import ctypes
import errno
import struct
from dataclasses import dataclass

from genesys.rewards.sandbox.worker import syscalls
from genesys.rewards.sandbox.worker.call_numbers import TABLE, architecture, number

SOCKETS = ("socket",)
PROCESSES = (
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "pidfd_send_signal",
    "process_madvise", "process_mrelease", "setpriority", "ioprio_set", "migrate_pages", "move_pages",
)  # fmt: skip
FILE_SYSTEMS = (
    "mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount",
    "fspick", "mount_setattr", "unshare", "setns", "open_by_handle_at", "name_to_handle_at",
    "fanotify_init", "quotactl", "quotactl_fd", "swapon", "swapoff", "setxattr", "lsetxattr", "fsetxattr",
    "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
)  # fmt: skip
KERNEL = (
    "bpf", "perf_event_open", "userfaultfd", "add_key", "request_key", "keyctl", "io_uring_setup",
    "io_uring_enter", "io_uring_register", "lookup_dcookie", "acct", "reboot", "kexec_load",
    "kexec_file_load", "init_module", "finit_module", "delete_module", "syslog", "vhangup", "sethostname",
    "setdomainname", "personality", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "iopl",
    "ioperm", "modify_ldt", "nfsservctl", "uselib", "ustat", "sysfs", "_sysctl",
)  # fmt: skip
SHARED_MEMORY = (
    "shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd",
    "msgrcv", "msgctl", "mq_open", "mq_unlink",
)  # fmt: skip
DENIED = SOCKETS + PROCESSES + FILE_SYSTEMS + KERNEL + SHARED_MEMORY
ABSENT = ("memfd_create", "memfd_secret", "clone3")
"""Answered with ENOSYS, so that libraries take their older way: memory in a memfd escapes RLIMIT_AS, and
the flags of clone3 lie in memory that a filter cannot read."""
ITSELF_ONLY = ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr")
"""Allowed with pid 0: on another process of the same user they could end or starve it."""

CLONE_THREAD = 0x00010000
NAMESPACES = (
    syscalls.CLONE_NEWNS | syscalls.CLONE_NEWUTS | syscalls.CLONE_NEWIPC | syscalls.CLONE_NEWUSER
    | syscalls.CLONE_NEWPID | syscalls.CLONE_NEWNET | 0x02000000  # and cgroup
)  # fmt: skip

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_ARGUMENTS = 16  # offset of the first argument in struct seccomp_data; its low word comes first
_X32 = 0x40000000


@dataclass(frozen=True)
class Rule:
    """One rule: what is answered to a system call, and under which condition on an argument.

    Attributes:
        name: The system call.
        answer: The errno that it gets.
        argument: Which argument decides, or None.
        test: `_EQUAL` or `_ANY_BIT` of the argument's low 32 bits.
        value: What is tested for.
        when: Whether the rule applies where the test holds or where it does not.
    """

    name: str
    answer: int = errno.EPERM
    argument: int | None = None
    test: int = _EQUAL
    value: int = 0
    when: bool = True


def deny(name: str, answer: int = errno.EPERM) -> Rule:
    """Denies a call altogether."""
    return Rule(name, answer)


def deny_unless(name: str, argument: int, value: int) -> Rule:
    """Denies a call unless one argument has a value."""
    return Rule(name, argument=argument, value=value, when=False)


def deny_if_any(name: str, argument: int, bits: int) -> Rule:
    """Denies a call if one argument has any of the bits."""
    return Rule(name, argument=argument, test=_ANY_BIT, value=bits)


def deny_unless_any(name: str, argument: int, bits: int) -> Rule:
    """Denies a call unless one argument has any of the bits."""
    return Rule(name, argument=argument, test=_ANY_BIT, value=bits, when=False)


def policy(*, fork: bool, alone: int | None = None) -> list[Rule]:
    """The rules for a program.

    Args:
        fork: Whether it may start processes; threads it always may.
        alone: The only process that it may signal, its own; None where a pid namespace holds it.
    """
    rules = [deny(name) for name in DENIED]
    rules += [deny(name, errno.ENOSYS) for name in ABSENT]
    rules += [deny_unless(name, 0, 0) for name in ITSELF_ONLY]
    rules.append(deny_if_any("clone", 0, NAMESPACES))
    if not fork:
        rules += [deny("fork"), deny("vfork"), deny_unless_any("clone", 0, CLONE_THREAD)]
    if alone is not None:
        rules += [deny_unless("kill", 0, alone), deny_unless("tgkill", 0, alone)]
        rules += [deny("tkill"), deny("rt_sigqueueinfo"), deny("rt_tgsigqueueinfo")]
        rules.append(Rule("prctl", argument=0, value=syscalls.PR_SET_PDEATHSIG))  # it dies with its parent
    return rules


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _compile_rule(rule: Rule) -> bytes:
    """The instructions of one rule; the call's number is in the accumulator before and after."""
    wanted = number(rule.name)
    if wanted is None:
        return b""
    refuse = _instruction(_RETURN, _ERRNO | rule.answer)
    if rule.argument is None:
        return _instruction(_EQUAL, wanted, 0, 1) + refuse
    skip_if_true, skip_if_false = (0, 1) if rule.when else (1, 0)
    return (
        _instruction(_EQUAL, wanted, 0, 4)
        + _instruction(_LOAD, _ARGUMENTS + 8 * rule.argument)
        + _instruction(rule.test, rule.value, skip_if_true, skip_if_false)
        + refuse
        + _instruction(_LOAD, 0)
    )


def compile_policy(rules: list[Rule]) -> bytes:
    """The BPF program of the rules; another architecture's calls kill, x32 calls do not exist."""
    prologue = (
        _instruction(_LOAD, 4)
        + _instruction(_EQUAL, architecture()[1], 1, 0)
        + _instruction(_RETURN, _KILL)
        + _instruction(_LOAD, 0)
        + _instruction(_AT_LEAST, _X32, 0, 1)
        + _instruction(_RETURN, _ERRNO | errno.ENOSYS)
    )
    return prologue + b"".join(map(_compile_rule, rules)) + _instruction(_RETURN, _ALLOW)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def install(program: bytes) -> None:
    """Puts the calling process and all its children under a filter, for good.

    Raises:
        OSError: If the kernel has no seccomp filters.
    """
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    buffer = ctypes.create_string_buffer(program, len(program))
    header = _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    syscalls.raw("seccomp", ctypes.c_uint(1), ctypes.c_uint(0), ctypes.byref(header))


def unknown_names() -> set[str]:
    """Names of the policy that the table lacks; a test holds this empty."""
    return {rule.name for rule in policy(fork=False, alone=1)} - TABLE.keys()
