/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * alone COMMAND [ARGUMENT...]: runs a test, and nothing that it began outlives it, however it ends and
 * wherever its processes went: sessions of their own, or parents that died.  What is still there half a
 * minute behind the test is killed and named, and the exit status is 1; else it is that of the command.  HUP,
 * INT and TERM go to the command as TERM; then nothing is waited for.  Is this program itself killed, the
 * command gets TERM.
 */

enum { TICK_MS = 20, ENDING_MS = 30000, NAME_SIZE = 200 };

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

static void run(char **argv, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(111);
	execvp(argv[0], argv);
	_exit(fail(argv[0]));
}

static void tick(void)
{
	const struct timespec t = {.tv_nsec = TICK_MS * 1000000L};
	nanosleep(&t, NULL);
}

/* The words of a process's command line. */
static void command_line(const char *pid, char name[NAME_SIZE])
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, name, NAME_SIZE - 1);
	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		if (!isprint((unsigned char)name[i]))
			name[i] = ' ';
	name[n > 0 ? n : 0] = '\0';
}

/*
 * Is this process, by its folder in /proc, a child of ours that lives?  Its state and its parent are behind
 * its name.
 */
static bool is_child(const char *pid)
{
	char path[64], stat[512];
	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, stat, sizeof stat - 1);
	if (fd >= 0)
		close(fd);
	stat[n > 0 ? n : 0] = '\0';
	const char *behind = strrchr(stat, ')');
	return behind && strlen(behind) > 4 && behind[2] != 'Z' && strtol(behind + 4, NULL, 10) == getpid();
}

/* Kills the children that there are now, and names them.  Those of theirs come to us then. */
static void kill_children(bool naming)
{
	DIR *all = opendir("/proc");
	for (struct dirent *one; all && (one = readdir(all)) != NULL;) {
		char name[NAME_SIZE];
		if (!isdigit((unsigned char)one->d_name[0]) || !is_child(one->d_name))
			continue;
		command_line(one->d_name, name);
		if (naming)
			fprintf(stderr, "# left behind: %s %s\n", one->d_name, name);
		kill((pid_t)strtol(one->d_name, NULL, 10), SIGKILL);
	}
	if (all)
		closedir(all);
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

static int wait_for_command(pid_t command)
{
	int status = -1;
	for (int ms = 0; status < 0; tick()) {
		reap(command, &status);
		if (interrupted && status < 0 && ms % 1000 == 0)
			kill(command, ms < ENDING_MS ? SIGTERM : SIGKILL);
		ms += interrupted ? TICK_MS : 0;
	}
	return status;
}

/* Whether somebody was left behind. */
static bool end_the_others(void)
{
	int status = 0;
	bool left = false;
	for (int ms = 0; reap(0, &status); ms += TICK_MS, tick())
		if (interrupted || ms >= ENDING_MS) {
			left = true;
			kill_children(!interrupted);
		}
	return left;
}

int main(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = interrupt};
	pid_t self = getpid();
	if (argc < 2)
		return 100;
	/* An emulator of another processor may have none.  What a test leaves behind is not found then. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		fail("no subreaper");
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	pid_t command = fork();
	if (command < 0)
		return fail("fork");
	if (command == 0)
		run(argv + 1, self);
	int status = wait_for_command(command);
	bool left = end_the_others();
	if (left)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
