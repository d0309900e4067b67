/* SPDX-License-Identifier: MIT */
#include "secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

enum { SECRET_MAX = 1024 };

static char password[SECRET_MAX + 1];

void secret_protect(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

void secret_wipe(void)
{
	explicit_bzero(password, sizeof password);
}

static void look_at(int fd, const char *path)
{
	struct stat status;
	if (fstat(fd, &status) < 0)
		die(EXIT_USAGE, "-P %s: %s", path, strerror(errno));
	if (S_ISDIR(status.st_mode))
		die(EXIT_USAGE, "-P %s: this is a directory", path);
	if (S_ISREG(status.st_mode) && (status.st_mode & (S_IROTH | S_IWOTH)))
		die(EXIT_USAGE, "-P %s: everybody may read or change it; chmod 600 it first", path);
}

/* A pipe, as of a shell's <(...), may give it in pieces. */
static size_t read_all(int fd, const char *path)
{
	size_t n = 0;
	for (;;) {
		ssize_t got = read(fd, password + n, sizeof password - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			die(EXIT_USAGE, "-P %s: %s", path, strerror(errno));
		n += (size_t)got;
		if (got == 0 || n == sizeof password)
			return n;
	}
}

static const char *from_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	secret_protect();
	if (fd < 0)
		die(EXIT_USAGE, "-P %s: %s", path, strerror(errno));
	look_at(fd, path);
	size_t n = read_all(fd, path);
	close(fd);
	char *end = memchr(password, '\n', n);
	size_t size = end ? (size_t)(end - password) : n;
	if (size > 0 && password[size - 1] == '\r')
		size--;
	if (size == 0)
		die(EXIT_USAGE, "-P %s: its first line is empty; it should be the password", path);
	if (size == sizeof password || memchr(password, '\0', size))
		die(EXIT_USAGE, "-P %s: its first line is no password of at most %d bytes", path, SECRET_MAX);
	explicit_bzero(password + size, sizeof password - size);
	return password;
}

/* So that /proc/PID/environ shows it no longer than necessary. */
static const char *from_environment(void)
{
	char *value = getenv("JK_MQTT_PASSWORD");
	if (!value || value[0] == '\0')
		return NULL;
	secret_protect();
	size_t n = strlen(value);
	if (n > SECRET_MAX)
		die(EXIT_USAGE, "JK_MQTT_PASSWORD: longer than %d bytes", SECRET_MAX);
	memcpy(password, value, n + 1);
	explicit_bzero(value, n);
	unsetenv("JK_MQTT_PASSWORD");
	return password;
}

const char *secret_user(const char *option)
{
	const char *user = option ? option : getenv("JK_MQTT_USERNAME");
	return user && user[0] ? user : NULL;
}

const char *secret_password(const char *path)
{
	return path ? from_file(path) : from_environment();
}
