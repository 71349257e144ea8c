"""The seccomp filter of system calls: an allow list, as classic BPF."""

import ctypes
import errno
import platform
import struct
from collections.abc import Iterator, Mapping

from services.sandbox import system_calls
from services.sandbox.kernel import NotConfined, called, no_new_rights, syscall
from services.sandbox.system_calls import Check

AUDIT_NUMBERS = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
"""Of audit.h. Calls by another machine's table, as i386 on x86-64, are refused."""
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
UNKNOWN = REFUSE | errno.ENOSYS
"""The result of unknown calls: programs then use an older call, if there is one."""
WRONG = REFUSE | errno.EPERM
"""The result of calls whose arguments reach other processes."""
_FILTER, _SYNC_THREADS, _GET_ACTION_AVAIL = 1, 1, 2
_LOAD, _AND, _EQUAL, _ANSWER = 0x20, 0x54, 0x15, 0x06
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16

Step = tuple[int, int, int, int]
Rules = Mapping[str, tuple[Check, ...]]


def available() -> bool:
    """Whether system calls of this machine can be filtered."""
    if platform.machine() not in AUDIT_NUMBERS:
        return False
    action = ctypes.c_uint32(REFUSE)
    return syscall(_own_number(), _GET_ACTION_AVAIL, 0, ctypes.byref(action)) == 0


def allow_calls(*, network: bool, protected: tuple[int, ...] = ()) -> None:
    """Restrict all threads of this process and its children to the system calls of a render. With `network`, sockets
    are allowed, and a second call without it can refuse them. No signals go to the processes `protected`. Raises
    `NotConfined`.
    """
    machine = platform.machine()
    if machine not in AUDIT_NUMBERS:
        raise NotConfined(f"seccomp: the calls of {machine} are not known")
    program = b"".join(struct.pack("=HBBI", *step) for step in _steps(machine, network, protected))
    code = ctypes.create_string_buffer(program, len(program))
    given = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    no_new_rights()
    left_out = called("seccomp", _own_number(), _FILTER, _SYNC_THREADS, given)
    if left_out:
        raise NotConfined(f"seccomp: thread {left_out} has a filter of its own")


def _own_number() -> int:
    return system_calls.number_of("seccomp", platform.machine())


def _steps(machine: str, network: bool, protected: tuple[int, ...]) -> Iterator[Step]:
    """The filter's instructions. On x86-64 the x32 calls have other numbers, and are refused."""
    yield (_LOAD, 0, 0, _MACHINE_AT)
    yield (_EQUAL, 1, 0, AUDIT_NUMBERS[machine])
    yield (_ANSWER, 0, 0, REFUSE | errno.ENOSYS)
    yield (_LOAD, 0, 0, _NUMBER_AT)
    yield from _answered(system_calls.ALWAYS, machine, ALLOW)
    if network:
        yield from _answered((system_calls.FETCHING,), machine, ALLOW)
    for call, checks in {**system_calls.RULES, **system_calls.PAIRS}.items():
        signalled = (
            (*checks, Check(0, protected, among=False)) if checks is system_calls.SIGNALLED and protected else checks
        )
        for number in system_calls.numbers(call, machine):
            yield from _ruled(number, signalled)
    yield from _answered((system_calls.FETCHING,), machine, REFUSE | errno.EACCES)
    yield from _answered((system_calls.WITH_AN_OLDER_WAY,), machine, REFUSE | errno.ENOSYS)
    yield (_ANSWER, 0, 0, UNKNOWN)


def _answered(texts: tuple[str, ...], machine: str, answer: int) -> Iterator[Step]:
    for text in texts:
        for number in system_calls.numbers(text, machine):
            yield (_EQUAL, 0, 1, number)
            yield (_ANSWER, 0, 0, answer)


def _ruled(number: int, checks: tuple[Check, ...]) -> Iterator[Step]:
    """Allow a call if its arguments pass all checks."""
    body = [step for check in checks for step in _checked(check)]
    yield (_EQUAL, 0, len(body) + 1, number)
    yield from body
    yield (_ANSWER, 0, 0, ALLOW)


def _checked(check: Check) -> Iterator[Step]:
    """Continue if the argument passes, else return `WRONG`."""
    yield (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * check.argument + 4 * check.upper)
    yield (_AND, 0, 0, check.mask)
    refused = (_ANSWER, 0, 0, WRONG)
    left = len(check.values)
    for at, value in enumerate(check.values):
        if check.among:
            yield (_EQUAL, left - at, 0, value)
        else:
            yield (_EQUAL, left - at - 1, left - at if at == left - 1 else 0, value)
    yield refused
