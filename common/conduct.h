/* SPDX-License-Identifier: MIT */
#ifndef CONDUCT_H
#define CONDUCT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How every one of the programs behaves towards whoever runs it. */

enum {
	EXIT_DONE = 0,
	EXIT_USAGE = 100,  /* wrong options or configuration: to run it again is useless */
	EXIT_SYSTEM = 111, /* the system or a device failed: to run it again may help */
};

/*
 * First of all: the name for messages; SIGPIPE and SIGXFSZ ignored; stdin, stdout and stderr are no other file's if they were closed.
 */
void conduct_begin(const char *program);

/*
 * SIGTERM and SIGINT from now on set the flag that conduct_stopped tells.  They arrive only during conduct_wait and
 * conduct_poll, so that none is missed between a look at the flag and the waiting.
 */
void conduct_catch_stop(void);
bool conduct_stopped(void);

/*
 * ppoll with the signals let in.  timeout_us: -1 for ever.  What ppoll returns; -1 with EINTR when told to stop.
 */
int conduct_poll(struct pollfd *fds, nfds_t count, int64_t timeout_us);

/* The same after the program was told to stop, for what is still in hand: no signal ends the waiting. */
int conduct_linger(struct pollfd *fds, nfds_t count, int64_t timeout_us);

/*
 * The file descriptor to write stdout with, which does not block: a pipe or terminal is opened anew for that, since others
 * who share it may rely on its blocking; a regular file, which never does, is used as it is.
 */
int conduct_stdout(void);

/*
 * After a write that would have blocked: waits until there is room.  -1 if there is none GRACE_US after the program was told
 * to stop.
 */
enum { GRACE_US = 2000000 };
int conduct_wait_stdout(int fd);

/* Waits until one of the events, or an error, happens on one file descriptor.  -1: told to stop. */
int conduct_wait(int fd, short events);

/* One line on stderr, "PROGRAM: ...", which is not waited for (logline.h). */
__attribute__((format(printf, 1, 2))) void conduct_log(const char *format, ...);

/* The same, and exit with that status. */
__attribute__((format(printf, 2, 3))) _Noreturn void conduct_die(int status, const char *format, ...);

/* Usage, or the version, on stdout and exit 0; 111 if stdout takes no more. */
_Noreturn void conduct_print(const char *text);
_Noreturn void conduct_version(void);

/* Exit 100 after getopt_long has said what it does not know, or where a word is missing. */
_Noreturn void conduct_usage(void);

/*
 * Repeated messages: LOG_BURST of a kind at once, then one each LOG_EVERY_S seconds, with how many were left out.
 * log_limited tells whether this one may be said; log_left_out says at the end how many were not.
 */
enum { LOG_BURST = 10, LOG_EVERY_S = 10 };
struct log_limit {
	unsigned said;
	uint64_t left_out;
	int64_t next_us;
};
bool log_allowed(struct log_limit *limit);
void log_left_out(struct log_limit *limit, const char *what);

/* A newline on the file descriptor of option -d, which is then closed; -1: none was asked for. */
void conduct_ready(int fd);

/* The argument of option -d: an open file descriptor other than stdin and stdout; else exit 100. */
int conduct_ready_option(const char *argument);

int64_t clock_monotonic_us(void);
int64_t clock_real_us(void);
int64_t clock_boot_us(void); /* as the monotonic one, and it goes on while the machine is suspended */

#endif
