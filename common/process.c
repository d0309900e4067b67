/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "logline.h"
#include "number.h"
#include "version.h"

enum { OWED_US = 250000 }; /* interval of retries after stderr took nothing */

static const char *program_name = "jk";
static volatile sig_atomic_t stopped, continued;
static sigset_t while_waiting; /* the signal mask of ppoll */

/*
 * Keeps descriptors 0 to 2 from being given to a device that is opened later: messages to stderr would go out
 * on the bus.  If stdin or stdout was closed, using it still fails, since /dev/null is opened for the other
 * direction.
 */
static void hold_standard(void)
{
	static const int flags[] = {O_WRONLY, O_RDONLY, O_WRONLY};
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
			exit(EXIT_SYSTEM);
}

void process_begin(const char *program)
{
	program_name = program;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too long is an error of write(2) */
	hold_standard();
	log_begin(program);
	logline_begin(program);
}

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

void process_catch_stop(void)
{
	struct sigaction action = {.sa_handler = stop};
	sigset_t both;
	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigprocmask(SIG_BLOCK, &both, &while_waiting);
	sigdelset(&while_waiting, SIGTERM);
	sigdelset(&while_waiting, SIGINT);
	sigemptyset(&action.sa_mask);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

bool process_stopped(void)
{
	return stopped;
}

static void note_continue(int signal_number)
{
	(void)signal_number;
	continued = 1;
}

/* Other threads go on with their system calls. */
void process_catch_continue(void)
{
	struct sigaction action = {.sa_handler = note_continue, .sa_flags = SA_RESTART};
	sigemptyset(&action.sa_mask);
	sigaction(SIGCONT, &action, NULL);
}

bool process_continued(void)
{
	bool was = continued;
	continued = 0;
	return was;
}

static int poll_us(struct pollfd *fds, nfds_t count, int64_t timeout_us, const sigset_t *mask)
{
	struct timespec timeout = clock_timespec(timeout_us);
	return ppoll(fds, count, timeout_us < 0 ? NULL : &timeout, mask);
}

/* The same while lines to stderr are pending: waits in short pieces, and retries after each. */
static int poll_owed(struct pollfd *fds, nfds_t count, int64_t timeout_us)
{
	int64_t until_us = clock_monotonic_us() + timeout_us;
	for (;;) {
		logline_retry();
		if (!logline_owed())
			break;
		int64_t left_us = timeout_us < 0 ? OWED_US : until_us - clock_monotonic_us();
		if (left_us <= 0)
			break;
		int n = poll_us(fds, count, left_us < OWED_US ? left_us : OWED_US, &while_waiting);
		if (n != 0)
			return n;
	}
	int64_t left_us = timeout_us < 0 ? -1 : until_us - clock_monotonic_us();
	return poll_us(fds, count, timeout_us >= 0 && left_us < 0 ? 0 : left_us, &while_waiting);
}

/* ppoll delivers no signal while a descriptor is ready: under load it would never be noticed. */
static void notice_pending(void)
{
	sigset_t pending;
	if (sigpending(&pending) == 0 &&
	    (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1))
		stopped = 1;
}

int process_poll(struct pollfd *fds, nfds_t count, int64_t timeout_us)
{
	if (stopped) {
		errno = EINTR;
		return -1;
	}
	int n = logline_owed() ? poll_owed(fds, count, timeout_us)
			       : poll_us(fds, count, timeout_us, &while_waiting);
	if (n > 0)
		notice_pending();
	return n;
}

int process_linger(struct pollfd *fds, nfds_t count, int64_t timeout_us)
{
	return poll_us(fds, count, timeout_us, NULL);
}

int process_poll_input(int fd, int64_t timeout_us)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDOUT_FILENO}};
	int n = process_poll(fds, 2, timeout_us);
	if (n > 0 && fds[0].revents == 0 && process_stdout_gone(fds[1].revents))
		process_stdout_failed(EPIPE);
	return n;
}

int64_t process_stop_left_us(void)
{
	static int64_t until_us;
	int64_t now_us = clock_monotonic_us();
	if (until_us == 0)
		until_us = now_us + GRACE_US;
	return until_us > now_us ? until_us - now_us : 0;
}

bool process_drains(int fd, bool begun)
{
	enum { REST_US = 200000 };
	struct pollfd one = {.fd = fd, .events = POLLIN};
	struct stat status;
	int64_t left_us = process_stop_left_us(), patience_us = begun ? REST_US : 0;
	if (left_us == 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)))
		return false;
	return process_linger(&one, 1, patience_us < left_us ? patience_us : left_us) > 0 &&
	       one.revents & POLLIN;
}

int process_stdout(void)
{
	struct stat status;
	if (fstat(STDOUT_FILENO, &status) < 0)
		die(EXIT_SYSTEM, "stdout: %s", strerror(errno));
	if (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode))
		return STDOUT_FILENO;
	int fd = -1;
	if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode))
		fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		fd = STDOUT_FILENO;
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
	return fd;
}

int process_wait_stdout(int fd)
{
	struct pollfd one = {.fd = fd, .events = POLLOUT};
	while (!stopped)
		if (process_poll(&one, 1, -1) >= 0)
			return 0;
	return process_linger(&one, 1, process_stop_left_us()) > 0 ? 0 : -1;
}

void die(int status, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	log_arguments(format, arguments);
	va_end(arguments);
	exit(status);
}

void process_stdout_failed(int error)
{
	if (error == EPIPE || error == ECONNRESET)
		exit(EXIT_SYSTEM);
	die(EXIT_SYSTEM, "cannot write to stdout: %s", strerror(error));
}

/*
 * A pipe whose readers have left reports POLLERR.  A socket whose peer has left, and a terminal that hung up,
 * report POLLHUP alone: not to look at it would be a loop that never waits.
 */
bool process_stdout_gone(short revents)
{
	return revents & (POLLERR | POLLHUP | POLLNVAL);
}

void process_print(const char *text)
{
	if (fputs(text, stdout) < 0 || fflush(stdout) != 0)
		process_stdout_failed(errno);
	exit(EXIT_DONE);
}

void process_version(void)
{
	printf("%s %s\n", program_name, JK_VERSION);
	process_print("");
}

void process_usage(void)
{
	die(EXIT_USAGE, "try %s -h", program_name);
}

void process_ready(int fd)
{
	if (fd < 0)
		return;
	struct pollfd room = {.fd = fd, .events = POLLOUT};
	if (poll(&room, 1, 0) <= 0)
		log_line("file descriptor %d takes nothing", fd);
	else if (write(fd, "\n", 1) != 1)
		log_line("cannot write to file descriptor %d: %s", fd, strerror(errno));
	if (fd != STDERR_FILENO)
		close(fd);
}

void process_close_from(int lowest)
{
	enum { HIGHEST = 1024 };
#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned)lowest, ~0u, 0) == 0)
		return;
#endif
	for (int fd = lowest; fd <= HIGHEST; fd++)
		close(fd);
}

int process_ready_option(const char *argument)
{
	int64_t fd;
	if (!number_option(argument, 2, 65535, &fd))
		die(EXIT_USAGE, "-d %s: not a file descriptor of 2 or more", argument);
	int flags = fcntl((int)fd, F_GETFD);
	if (flags < 0 || flags & FD_CLOEXEC) /* a descriptor with FD_CLOEXEC is our own, not inherited */
		die(EXIT_USAGE, "-d %s: this file descriptor is not open", argument);
	return (int)fd;
}
