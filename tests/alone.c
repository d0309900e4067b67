/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * alone [-e FD] [-t SECONDS] COMMAND [ARGUMENT...]: runs a test, and nothing that it began outlives it,
 * however it ends and wherever its processes went: sessions of their own, or parents that died.  What is
 * still there half a minute behind the test is killed and named, and the exit status is 1; else it is that
 * of the command.  HUP, INT and TERM go to the command as TERM; then nothing is waited for.  Is this program
 * itself killed, the command gets TERM.
 *
 * -e: that file descriptor is stderr of the command.  If prove finds a line on the stderr of a test, it waits
 * until there is one on its stdout, too, and meanwhile starts no other test.
 *
 * -t: a command that has not ended after so many seconds has failed.  A failed test on stdout names it and
 * every process that it has, all of them are ended, and the exit status is 1.
 */

enum { TICK_MS = 20, ENDING_MS = 30000, GRACE_MS = 5000, UNKILLABLE_MS = 15000, NAME_SIZE = 200 };

/* What is known of a process of /proc. */
struct process {
	pid_t pid, parent;
	char state;
	char name[NAME_SIZE];
};

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	interrupted = number;
}

static int fail(const char *what)
{
	fprintf(stderr, "alone: %s: %s\n", what, strerror(errno));
	return 111;
}

static void run(char **argv, pid_t parent, int err)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(111);
	if (err != STDERR_FILENO) {
		if (dup2(err, STDERR_FILENO) < 0)
			_exit(fail("-e"));
		close(err);
	}
	execvp(argv[0], argv);
	_exit(fail(argv[0]));
}

static void tick(void)
{
	const struct timespec t = {.tv_nsec = TICK_MS * 1000000L};
	nanosleep(&t, NULL);
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What /proc/PID/FILE has, what cannot be printed as spaces; an empty string if it cannot be read. */
static void read_of(pid_t pid, const char *file, char *to, size_t size)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, to, size - 1);
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (!isprint((unsigned char)to[i]))
			to[i] = ' ';
	to[n > 0 ? n : 0] = '\0';
}

/* False if it is gone.  Its state and its parent are behind its name, which may have any character. */
static bool read_process(pid_t pid, struct process *p)
{
	char stat[512];
	read_of(pid, "stat", stat, sizeof stat);
	const char *behind = strrchr(stat, ')');
	if (!behind || strlen(behind) < 5)
		return false;
	p->pid = pid;
	p->state = behind[2];
	p->parent = (pid_t)strtol(behind + 4, NULL, 10);
	read_of(pid, "cmdline", p->name, sizeof p->name);
	return true;
}

/* Calls what for each child of that process that is no zombie. */
static void each_child(pid_t parent, int depth, void (*what)(const struct process *, int depth))
{
	DIR *all = opendir("/proc");
	for (struct dirent *one; all && (one = readdir(all)) != NULL;) {
		struct process p;
		if (isdigit((unsigned char)one->d_name[0]) &&
		    read_process((pid_t)strtol(one->d_name, NULL, 10), &p) && p.parent == parent &&
		    p.state != 'Z')
			what(&p, depth);
	}
	if (all)
		closedir(all);
}

static void kill_one(const struct process *p, int depth)
{
	(void)depth;
	kill(p->pid, SIGKILL);
}

static void name_and_kill_one(const struct process *p, int depth)
{
	fprintf(stderr, "# left behind: %ld %s\n", (long)p->pid, p->name);
	kill_one(p, depth);
}

/* A line on stdout, unless nobody reads it: a test may hang for that reason, and is killed all the same. */
static void report(const char *format, ...)
{
	static bool unread;
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	va_list arguments;
	if (unread || poll(&out, 1, 1000) != 1) {
		unread = true;
		return;
	}
	va_start(arguments, format);
	vdprintf(STDOUT_FILENO, format, arguments);
	va_end(arguments);
}

/* The FIFOs with a name that a process has open. */
static void report_files(pid_t pid, int depth)
{
	char path[300], target[NAME_SIZE];
	struct stat st;
	snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
	DIR *all = opendir(path);
	for (struct dirent *one; all && (one = readdir(all)) != NULL;) {
		snprintf(path, sizeof path, "/proc/%ld/fd/%s", (long)pid, one->d_name);
		ssize_t n = readlink(path, target, sizeof target - 1);
		if (n <= 0 || target[0] != '/' || stat(path, &st) < 0 || !S_ISFIFO(st.st_mode))
			continue;
		target[n] = '\0';
		report("#   %*s%s is %s\n", 2 * depth + 6, "", one->d_name, target);
	}
	if (all)
		closedir(all);
}

static void report_tree(const struct process *p, int depth)
{
	char waits_in[40];
	read_of(p->pid, "wchan", waits_in, sizeof waits_in);
	report("#   %*s%ld %c %s: %s\n", 2 * depth, "", (long)p->pid, p->state, waits_in, p->name);
	report_files(p->pid, depth);
	if (depth < 20)
		each_child(p->pid, depth + 1, report_tree);
}

/* The end of a line that the test has begun comes first. */
static void report_limit(const char *command, long limit_s)
{
	report("\nnot ok - %s has not ended within %ld s\n# in %s: its processes, their states and what they "
	       "wait in:\n",
	       command, limit_s, command);
	each_child(getpid(), 0, report_tree);
}

/* Waits for whatever has ended; false if there is nobody left.  *status: of the command, if it was that. */
static bool reap(pid_t command, int *status)
{
	int of_one;
	pid_t pid;
	while ((pid = waitpid(-1, &of_one, WNOHANG)) > 0)
		if (pid == command)
			*status = of_one;
	return pid == 0;
}

/* Until the command has ended, or the time is over: then -1. */
static int wait_for_command(pid_t command, long limit_ms)
{
	int status = -1;
	long begun = now_ms();
	for (int ms = 0; status < 0; tick()) {
		reap(command, &status);
		if (status < 0 && !interrupted && limit_ms && now_ms() - begun >= limit_ms)
			return -1;
		if (interrupted && status < 0 && ms % 1000 == 0)
			kill(command, ms < ENDING_MS ? SIGTERM : SIGKILL);
		ms += interrupted ? TICK_MS : 0;
	}
	return status;
}

/*
 * Whether somebody was left behind.  They may end themselves for so long.  What cannot be killed, because the
 * kernel holds it, is not waited for.
 */
static bool end_the_others(long ending_ms, bool naming)
{
	int status = 0;
	bool left = false;
	for (long begun = now_ms(); reap(0, &status); tick()) {
		long ms = now_ms() - begun;
		if (!interrupted && ms < ending_ms)
			continue;
		left = true;
		/* Those of theirs come to us then. */
		each_child(getpid(), 0, naming && !interrupted ? name_and_kill_one : kill_one);
		if (ms >= ending_ms + UNKILLABLE_MS) {
			report("# what cannot be killed:\n");
			each_child(getpid(), 0, report_tree);
			break;
		}
	}
	return left;
}

static void take_signals(void)
{
	const struct sigaction action = {.sa_handler = interrupt};
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

struct options {
	long limit_s; /* 0: none */
	long err;
};

static bool number_of(const char *text, long *value)
{
	char *end;
	*value = strtol(text, &end, 10);
	return end != text && !*end && *value >= 0 && *value < 1000000;
}

/* The index of the command; 0 if the options are wrong. */
static int take_options(int argc, char **argv, struct options *o)
{
	for (int option; (option = getopt(argc, argv, "+e:t:")) != -1;)
		if (!strchr("et", option) || !number_of(optarg, option == 'e' ? &o->err : &o->limit_s))
			return 0;
	return optind < argc ? optind : 0;
}

int main(int argc, char **argv)
{
	pid_t self = getpid();
	struct options o = {.err = STDERR_FILENO};
	int first = take_options(argc, argv, &o);
	if (!first)
		return 100;
	/* An emulator of another processor may have none.  What a test leaves behind is not found then. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail("no subreaper");
	take_signals();
	pid_t command = fork();
	if (command < 0)
		return fail("fork");
	if (command == 0)
		run(argv + first, self, (int)o.err);
	signal(SIGPIPE, SIG_IGN); /* the reader of stdout may be gone; the test is ended all the same */
	int status = wait_for_command(command, o.limit_s * 1000);
	if (status < 0) {
		report_limit(argv[first], o.limit_s);
		kill(command, SIGTERM);
		end_the_others(GRACE_MS, false);
		return 1;
	}
	if (end_the_others(o.limit_s && o.limit_s < ENDING_MS / 1000 ? o.limit_s * 1000 : ENDING_MS, true))
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
