"""The system calls of a render, by purpose: those of Python, PyAV, Pillow and ffmpeg. All others are refused.

Each call has its number on x86-64 and on ARM64 (`-`: none there), as in Linux's `unistd_64.h` and
`asm-generic/unistd.h`. Older and newer calls of one purpose are both listed: C libraries (glibc, musl) and Python
releases differ in their choice.
"""

from dataclasses import dataclass

MACHINES = ("x86_64", "aarch64")

MEMORY = """
mmap 9 222, munmap 11 215, mprotect 10 226, mremap 25 216, madvise 28 233, brk 12 214, msync 26 227, mincore 27 232,
membarrier 324 283, memfd_create 319 279, mlock 149 228, munlock 150 229"""
THREADS = """
futex 202 98, set_tid_address 218 96, set_robust_list 273 99, get_robust_list 274 100, rseq 334 293, arch_prctl 158 -,
sched_yield 24 124, sched_getaffinity 204 123, getcpu 309 168, exit 60 93, exit_group 231 94, restart_syscall 219 128"""
PROGRAMS = """
execve 59 221, vfork 58 -, fork 57 -, wait4 61 260, waitid 247 95, getpid 39 172, getppid 110 173, gettid 186 178,
getpgid 121 155, getpgrp 111 -, getsid 124 156, getpriority 140 141"""
"""To run ffmpeg."""
MACHINE = """
uname 63 160, sysinfo 99 179, getrusage 98 165, times 100 153, getrlimit 97 163, setrlimit 160 164, umask 95 166,
getrandom 318 278, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177, getgroups 115 158,
getresuid 118 148, getresgid 120 150, capget 125 90"""
SIGNALS = """
rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigtimedwait 128 137, rt_sigsuspend 130 133,
rt_sigpending 127 136, sigaltstack 131 132, pause 34 -, setitimer 38 103, getitimer 36 102, alarm 37 -"""
"""To receive signals; `RULES` has the calls that send them."""
CLOCKS = """
clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115, nanosleep 35 101, gettimeofday 96 169,
time 201 -, timerfd_create 283 85, timerfd_settime 286 86, timerfd_gettime 287 87"""
WAITING = """
poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20, epoll_ctl 233 21,
epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -, eventfd2 290 19"""
OPEN_FILES = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69, pwritev 296 70,
preadv2 327 286, pwritev2 328 287, lseek 8 62, close 3 57, close_range 436 436, dup 32 23, dup2 33 -, dup3 292 24,
pipe 22 -, pipe2 293 59, sendfile 40 71, copy_file_range 326 285, fsync 74 82, fdatasync 75 83, ftruncate 77 46,
sync_file_range 277 84, fallocate 285 47, fadvise64 221 223, readahead 187 213, flock 73 32, fstat 5 80,
fstatfs 138 44, getdents 78 -, getdents64 217 61, fchdir 81 50, recvfrom 45 207"""
NAMES = """
stat 4 -, lstat 6 -, newfstatat 262 79, statx 332 291, statfs 137 43, access 21 -, faccessat 269 48,
faccessat2 439 439, readlink 89 -, readlinkat 267 78, getcwd 79 17, chdir 80 49, mkdir 83 -, mkdirat 258 34,
rmdir 84 -, unlink 87 -, unlinkat 263 35, rename 82 -, renameat 264 38, renameat2 316 276"""
"""Landlock restricts the paths. It does not cover changes of mode, owner, times or attributes, so those calls are left
out, as are those that make links, pipes and devices.
"""
ALWAYS = (MEMORY, THREADS, PROGRAMS, MACHINE, SIGNALS, CLOCKS, WAITING, OPEN_FILES, NAMES)

FETCHING = """
socket 41 198, connect 42 203, bind 49 200, getsockname 51 204, getpeername 52 205, getsockopt 55 209,
setsockopt 54 208, sendmsg 46 211, sendmmsg 307 269, recvmsg 47 212, recvmmsg 299 243, shutdown 48 210,
sendto 44 206, socketpair 53 199, seccomp 317 277"""
"""Until fetching is done; `seccomp` refuses these then."""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on an argument: its lower (or upper) 32 bits after `mask` are one of `values` (`among`), or none of
    them.
    """

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    among: bool = True
    upper: bool = False


def _is_null(argument: int) -> tuple[Check, Check]:
    return Check(argument, (0,)), Check(argument, (0,), upper=True)


_NEW_NAMESPACES = 0x7E020000
_READ_AND_TRUNCATE = Check(2, (0o1000,), 0o1003, among=False)
_MINE = Check(0, (0,))
SIGNALLED = (Check(0, (0,), 0x80000000), Check(0, (0,), among=False))
"""To one process or thread, not to a group. Landlock restricts which ones, see `landlock.protected`."""

RULES: dict[str, tuple[Check, ...]] = {
    "open 2 -": (Check(1, (0o1000,), 0o1003, among=False),),
    "openat 257 56": (_READ_AND_TRUNCATE,),  # Landlock lets it through before Linux 6.2
    "clone 56 220": (Check(0, (0,), _NEW_NAMESPACES),),
    "kill 62 129": SIGNALLED,
    "tkill 200 130": SIGNALLED,
    "tgkill 234 131": SIGNALLED,
    "prlimit64 302 261": (_MINE,),
    "setpriority 141 140": (_MINE, Check(1, (0,))),
    "utimensat 280 88": _is_null(1),  # times of open files
    # PR_SET_PDEATHSIG, GET and SET_DUMPABLE, SET and GET_NAME, CAPBSET_READ, SET_NO_NEW_PRIVS, PR_SET_VMA
    "prctl 157 167": (Check(0, (1, 3, 4, 15, 16, 23, 38, 0x53564D41)),),
    # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TCGETS2
    "ioctl 16 29": (Check(1, (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x802C542A)),),
    # not F_SETOWN, F_SETSIG, F_NOTIFY and leases, which send signals
    "fcntl 72 25": (Check(1, (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1031, 1032, 1033, 1034)),),
}
PAIRS: dict[str, tuple[Check, ...]] = {
    "socketpair 53 199": (Check(0, (1,)), Check(1, (1,), 0xF)),  # a stream of AF_UNIX, for an event loop's own use
    "sendto 44 206": _is_null(4),
}
"""Calls of `FETCHING` that stay allowed: neither reaches an outside socket."""

WITH_AN_OLDER_WAY = "clone3 435 435, pidfd_open 434 434, io_uring_setup 425 425, get_mempolicy 239 236"
"""Tried first by C libraries, Python, libuv and libnuma, which then use older calls."""


def numbers(text: str, machine: str) -> tuple[int, ...]:
    """The numbers of a text's calls on a machine of `MACHINES`."""
    column = 1 + MACHINES.index(machine)
    found = [call.split()[column] for call in text.replace("\n", " ").split(",")]
    return tuple(int(number) for number in found if number != "-")


def number_of(name: str, machine: str) -> int:
    """The number of one call of this module."""
    texts = (*ALWAYS, FETCHING, WITH_AN_OLDER_WAY, *RULES, *PAIRS)
    known = (call for text in texts for call in text.replace("\n", " ").split(","))
    return next(numbers(call, machine)[0] for call in known if call.split()[0] == name)
