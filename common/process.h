/* SPDX-License-Identifier: MIT */
#ifndef PROCESS_H
#define PROCESS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all programs share as processes: exit statuses, signals, waiting, readiness. */

enum {
	EXIT_DONE = 0,
	EXIT_USAGE = 100,  /* wrong options or configuration: a restart does not help */
	EXIT_SYSTEM = 111, /* the system or a device failed: a restart may help */
};

/*
 * Called first: sets the name for messages, ignores SIGPIPE and SIGXFSZ, and occupies descriptors 0 to 2 if
 * they were closed.
 */
void process_begin(const char *program);

/*
 * From now on SIGTERM and SIGINT set the flag that process_stopped returns.  They are delivered only during
 * process_poll and process_poll_input, so that none is missed between checking the flag and waiting.
 */
void process_catch_stop(void);
bool process_stopped(void);

/*
 * From now on process_continued returns whether SIGCONT has come since its last call: the process was
 * stopped.  The wait during which it came ends with EINTR.
 */
void process_catch_continue(void);
bool process_continued(void);

/*
 * ppoll with the signals unblocked.  timeout_us: -1 waits forever.  Returns what ppoll returns; -1 with EINTR
 * after a stop request.
 */
int process_poll(struct pollfd *fds, nfds_t count, int64_t timeout_us);

/* The same, but ignores signals: for draining after a stop request. */
int process_linger(struct pollfd *fds, nfds_t count, int64_t timeout_us);

/*
 * After a stop request a filter takes what is in its input now, for GRACE_US in all: who stops the chain from
 * its source to its sink loses nothing, also where the input is a FIFO that others hold open, so that it has
 * no end.  The first call of either function begins that time.
 */
enum { GRACE_US = 2000000 };
int64_t process_stop_left_us(void);

/*
 * Is there more to read now?  `begun`: the begin of a line was read; its rest, which the writer may be about
 * to write, is waited for a moment.  What is left of a regular file does not count: it stays where it is.
 */
bool process_drains(int fd, bool begun);

/*
 * A descriptor for stdout that does not block.  A pipe or terminal is opened again for that, since other
 * processes that share it may rely on its blocking; a regular file, which never blocks, is used as it is.
 */
int process_stdout(void);

/*
 * Waits for room after a write that would have blocked.  Returns -1 if there is none GRACE_US after a stop
 * request.
 */
int process_wait_stdout(int fd);

/*
 * process_poll for a filter that has nothing to write and waits for input: also for the end of who reads its
 * stdout, which a write would show only when there is something to write.  Then it exits with 111.
 */
int process_poll_input(int fd, int64_t timeout_us);

/* Logs one line and exits with that status. */
__attribute__((format(printf, 2, 3))) _Noreturn void die(int status, const char *format, ...);

/*
 * Exits with 111 after a write to stdout failed with this errno.  The reader may leave when it has enough, as
 * head(1) does: that is not logged.
 */
_Noreturn void process_stdout_failed(int error);

/* True if what poll(2) reports for stdout means that nothing can be written any more. */
bool process_stdout_gone(short revents);

/* Prints the usage, or the version, and exits with 0; with 111 if stdout fails. */
_Noreturn void process_print(const char *text);
_Noreturn void process_version(void);

/* Exits with 100 after getopt_long has reported an unknown option or a missing argument. */
_Noreturn void process_usage(void);

/* Writes a newline to the descriptor of option -d and closes it; -1: the option was not given. */
void process_ready(int fd);

/* Closes this descriptor and all above it, in a child that must not keep what others wait for to end. */
void process_close_from(int lowest);

/*
 * Checks the argument of option -d: an open descriptor other than stdin and stdout; exits with 100 otherwise.
 */
int process_ready_option(const char *argument);

#endif
