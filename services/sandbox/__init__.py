"""What a child process gives up for good: files, system calls, memory."""
