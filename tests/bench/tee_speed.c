/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

/*
 * tee_speed FOLDER MEGABYTES LINES COMMAND...: the command, with two FIFOs in FOLDER added, between a process
 * that writes lines to its stdin, again and again those of the file LINES, and three that read its stdout and
 * the FIFOs.  Prints the bytes a second by the clock, and the processor time for each GB of the command, of
 * the writer and of the three readers.  If an output did not get every byte, it prints how much is missing,
 * and exits with 1.
 */

enum { OUTPUTS = 3, BLOCK = 1 << 18, LINES_MAX = 1 << 26 };

static char *read_lines(const char *path, size_t *size)
{
	char *lines = malloc(LINES_MAX);
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 || !lines ? -1 : read(fd, lines, LINES_MAX);
	if (n <= 0)
		fail(path);
	close(fd);
	*size = (size_t)n;
	return lines;
}

/* Writes at least that many bytes, whole lines; how many goes to `report`. */
static _Noreturn void be_writer(int to, int report, const char *lines, size_t size, size_t bytes)
{
	size_t done = 0;
	while (done < bytes) {
		for (size_t at = 0; at < size;) {
			ssize_t n = write(to, lines + at, size - at < BLOCK ? size - at : BLOCK);
			if (n < 0)
				_exit(1);
			at += (size_t)n;
		}
		done += size;
	}
	_exit(write(report, &done, sizeof done) != sizeof done);
}

static _Noreturn void be_reader(int from, int report)
{
	static char block[BLOCK];
	size_t bytes = 0;
	for (ssize_t n; (n = read(from, block, sizeof block)) > 0;)
		bytes += (size_t)n;
	_exit(write(report, &bytes, sizeof bytes) != sizeof bytes);
}

static pid_t start(void)
{
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	return pid;
}

int main(int argc, char **argv)
{
	static char paths[OUTPUTS - 1][4096];
	char *command[64];
	int in[2], out[2], reports[OUTPUTS + 1][2], fifos[OUTPUTS - 1], words = 0;
	size_t size, bytes[OUTPUTS + 1];
	if (argc < 5 || argc > 50)
		return 100;
	char *lines = read_lines(argv[3], &size);
	for (int i = 4; i < argc; i++)
		command[words++] = argv[i];
	for (int i = 0; i < OUTPUTS - 1; i++) {
		snprintf(paths[i], sizeof paths[i], "%s/branch%d", argv[1], i);
		if (mkfifo(paths[i], 0600) < 0 || (fifos[i] = open(paths[i], O_RDWR | O_CLOEXEC)) < 0)
			fail(paths[i]);
		command[words++] = paths[i];
	}
	command[words] = NULL;
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		fail("pipe");
	pid_t readers[OUTPUTS], tee, writer;
	for (int i = 0; i <= OUTPUTS; i++)
		if (pipe2(reports[i], O_CLOEXEC) < 0)
			fail("pipe");
	if ((tee = start()) == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execvp(command[0], command);
		_exit(127);
	}
	for (int i = 0; i < OUTPUTS; i++)
		if ((readers[i] = start()) == 0) {
			int from = i == 0 ? out[0] : open(paths[i - 1], O_RDONLY);
			close(out[1]);
			close(in[0]), close(in[1]);
			for (int k = 0; k < OUTPUTS - 1; k++)
				close(fifos[k]);
			be_reader(from, reports[i][1]);
		}
	double begun_s = now_s();
	if ((writer = start()) == 0) {
		close(in[0]);
		be_writer(in[1], reports[OUTPUTS][1], lines, size, strtoul(argv[2], NULL, 10) << 20);
	}
	close(in[0]), close(in[1]), close(out[0]), close(out[1]);
	struct rusage tee_use, writer_use, use;
	double readers_s = 0;
	int status = 0, tee_status = 0;
	wait4(writer, &status, 0, &writer_use);
	wait4(tee, &tee_status, 0, &tee_use);
	for (int i = 0; i < OUTPUTS - 1; i++)
		close(fifos[i]);
	for (int i = 0; i < OUTPUTS; i++) {
		wait4(readers[i], NULL, 0, &use);
		readers_s += cpu_s(&use);
	}
	double wall_s = now_s() - begun_s;
	for (int i = 0; i <= OUTPUTS; i++) {
		close(reports[i][1]);
		if (read(reports[i][0], &bytes[i], sizeof bytes[i]) != sizeof bytes[i])
			fail("a process has failed");
	}
	double gigabytes = (double)bytes[OUTPUTS] / 1e9;
	printf("%.2f GB/s; a GB takes %.2f s of its processor time, %.2f of the writer, %.2f of the readers",
	       gigabytes / wall_s, cpu_s(&tee_use) / gigabytes, cpu_s(&writer_use) / gigabytes,
	       readers_s / gigabytes);
	bool lost = false;
	for (int i = 0; i < OUTPUTS; i++)
		if (bytes[i] != bytes[OUTPUTS]) {
			printf("; output %d lacks %.1f %%", i,
			       100 - 100 * (double)bytes[i] / (double)bytes[OUTPUTS]);
			lost = true;
		}
	printf("\n");
	free(lines);
	return lost || status || tee_status;
}
