"""Irrevocable restrictions of a process: files, system calls, memory."""
