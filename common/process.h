/* SPDX-License-Identifier: MIT */
#ifndef PROCESS_H
#define PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How every one of the programs behaves towards whoever runs it: exit statuses, signals, waiting, readiness. */

enum {
	EXIT_DONE = 0,
	EXIT_USAGE = 100,  /* wrong options or configuration: to run it again is useless */
	EXIT_SYSTEM = 111, /* the system or a device failed: to run it again may help */
};

/*
 * First of all: the name for messages; SIGPIPE and SIGXFSZ ignored; stdin, stdout and stderr are no other file's if they were closed.
 */
void process_begin(const char *program);

/*
 * SIGTERM and SIGINT from now on set the flag that process_stopped tells.  They arrive only during process_wait and
 * process_poll, so that none is missed between a look at the flag and the waiting.
 */
void process_catch_stop(void);
bool process_stopped(void);

/*
 * ppoll with the signals let in.  timeout_us: -1 for ever.  What ppoll returns; -1 with EINTR when told to stop.
 */
int process_poll(struct pollfd *fds, nfds_t count, int64_t timeout_us);

/* The same after the program was told to stop, for what is still in hand: no signal ends the waiting. */
int process_linger(struct pollfd *fds, nfds_t count, int64_t timeout_us);

/*
 * The file descriptor to write stdout with, which does not block: a pipe or terminal is opened anew for that, since others
 * who share it may rely on its blocking; a regular file, which never does, is used as it is.
 */
int process_stdout(void);

/*
 * After a write that would have blocked: waits until there is room.  -1 if there is none GRACE_US after the program was told
 * to stop.
 */
enum { GRACE_US = 2000000 };
int process_wait_stdout(int fd);

/* Waits until one of the events, or an error, happens on one file descriptor.  -1: told to stop. */
int process_wait(int fd, short events);

/* One line on stderr as log_line writes it, and exit with that status. */
__attribute__((format(printf, 2, 3))) _Noreturn void die(int status, const char *format, ...);

/* Usage, or the version, on stdout and exit 0; 111 if stdout takes no more. */
_Noreturn void process_print(const char *text);
_Noreturn void process_version(void);

/* Exit 100 after getopt_long has said what it does not know, or where a word is missing. */
_Noreturn void process_usage(void);

/* A newline on the file descriptor of option -d, which is then closed; -1: none was asked for. */
void process_ready(int fd);

/* The argument of option -d: an open file descriptor other than stdin and stdout; else exit 100. */
int process_ready_option(const char *argument);

#endif
