/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * measure COMMAND [ARGUMENT...]: runs it and prints, on stderr, "wall user sys kB": seconds, and the peak of
 * its resident memory.
 */

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec begin, end;
	struct rusage used;
	int status;
	if (argc < 2)
		return 100;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid_t child = fork();
	if (child == 0) {
		execvp(argv[1], argv + 1);
		fprintf(stderr, "measure: cannot run %s: %s\n", argv[1], strerror(errno));
		_exit(111);
	}
	if (child < 0 || wait4(child, &status, 0, &used) < 0)
		return 111;
	clock_gettime(CLOCK_MONOTONIC, &end);
	double wall = (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
	fprintf(stderr, "%.3f %.3f %.3f %ld\n", wall, seconds(used.ru_utime), seconds(used.ru_stime),
		used.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}
