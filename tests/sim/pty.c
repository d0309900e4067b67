/* SPDX-License-Identifier: MIT */
#include "pty.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

int pty_make(char path[PTY_PATH])
{
	struct termios raw;
	int pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (pty < 0 || grantpt(pty) != 0 || unlockpt(pty) != 0 || ptsname_r(pty, path, PTY_PATH) != 0)
		config_fail("cannot open", "a pty");
	/*
	 * Opened and closed once: then it is raw, and the master side shows a hangup until a client opens it.
	 */
	int slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw) != 0)
		config_fail("cannot open", "a pty");
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	if (tcsetattr(slave, TCSANOW, &raw) != 0)
		config_fail("cannot make raw", path);
	close(slave);
	return pty;
}

void pty_link(const char *path, const char *link)
{
	char other[4096];
	struct stat there;
	int n = snprintf(other, sizeof(other), "%s.new", link);
	if (n < 0 || (size_t)n >= sizeof(other))
		errno = ENAMETOOLONG;
	else if (lstat(link, &there) == 0 && !S_ISLNK(there.st_mode))
		errno = EEXIST;
	else if ((unlink(other) == 0 || errno == ENOENT) && symlink(path, other) == 0 &&
		 rename(other, link) == 0)
		return;
	config_fail("cannot link", link);
}

int pty_watch(const char *path)
{
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch >= 0 && inotify_add_watch(watch, path, IN_OPEN | IN_CLOSE) < 0) {
		close(watch);
		watch = -1;
	}
	return watch;
}

enum pty_visit pty_visits(int watch)
{
	enum pty_visit visit = PTY_QUIET;
	_Alignas(struct inotify_event) char room[4096];
	for (ssize_t n; watch >= 0 && (n = read(watch, room, sizeof(room))) > 0;)
		for (char *p = room; p < room + n;) {
			const struct inotify_event *event = (const void *)p;
			if (event->mask & IN_CLOSE)
				visit = PTY_CLOSED;
			else if (event->mask & IN_OPEN && visit == PTY_CLOSED)
				visit = PTY_REOPENED;
			p += sizeof(*event) + event->len;
		}
	return visit;
}

bool pty_forget(int master, const char *path)
{
	tcflush(master, TCOFLUSH);
	int slave = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (slave < 0)
		return false;
	tcflush(slave, TCIFLUSH);
	ioctl(slave, TIOCNXCL);
	close(slave);
	return true;
}
