/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded: once, a ppoll that finds nothing lasts until the file `sent` in the folder HELD_DIR is
 * there, and over 150 ms longer, and still tells that there was nothing, as if the process had been stopped
 * just behind it.  It is the first one after the file `half` is there, and says so with the file `held`.
 */
#include "preload.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char *in_dir(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", getenv("HELD_DIR"), name);
	return path;
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
	static bool done;
	const struct timespec none = {0, 0}, little = {0, 10000000};
	int (*real)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
	*(void **)&real = next(TIMED("ppoll", "__ppoll64"));
	if (done)
		return real(fds, count, timeout, mask);
	bool half = access(in_dir("half"), F_OK) == 0;
	int n = real(fds, count, half ? &none : &little, mask);
	if (!half || n != 0)
		return n;
	done = true;
	close(open(in_dir("held"), O_CREAT | O_WRONLY, 0600));
	while (access(in_dir("sent"), F_OK) != 0)
		usleep(10000);
	usleep(200000);
	return 0;
}
