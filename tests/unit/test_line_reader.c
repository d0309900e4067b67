/* SPDX-License-Identifier: MIT */
#include "line_reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

enum { LINE = 8 }; /* bytes of a line, its newline included */

static struct line_reader reader;

/*
 * What the reader makes of a text that comes in pieces of so many bytes: "N line" for each, "N!" for one that
 * is too long.
 */
static const char *read_in_pieces(const char *text, size_t piece)
{
	static char result[256];
	int ends[2];
	size_t n = strlen(text), done = 0, size = 0;
	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	line_reader_begin(&reader, ends[0], "test", LINE);
	for (enum line_reader_fill fill = LINE_READER_MORE; fill == LINE_READER_MORE;) {
		size_t more = n - done < piece ? n - done : piece;
		if (more > 0)
			ck_assert_int_eq(write(ends[1], text + done, more), (ssize_t)more);
		else if (ends[1] >= 0)
			ends[1] = (close(ends[1]), -1);
		done += more;
		fill = line_reader_read(&reader);
		const char *line;
		size_t length;
		for (enum line_reader_result got;
		     (got = line_reader_next(&reader, &line, &length)) != LINE_READER_WAIT;)
			size += (size_t)snprintf(result + size, sizeof result - size,
						 got == LINE_READER_LINE ? "%lu %.*s|" : "%lu!|",
						 reader.number, (int)length, line);
	}
	close(ends[0]);
	result[size] = '\0';
	return result;
}

static void reads(const char *text, const char *lines, bool unfinished)
{
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		ck_assert_msg(strcmp(read_in_pieces(text, piece), lines) == 0, "%s in pieces of %zu: %s",
			      text, piece, read_in_pieces(text, piece));
		ck_assert_int_eq(reader.unfinished, unfinished);
	}
}

START_TEST(lines)
{
	reads("a\n\nbc\n", "1 a|2 |3 bc|", false);
	reads("a\nbc", "1 a|2 bc|", true);
}
END_TEST

/* 7 bytes and the newline are line_max, and fit; 8 and the newline are over it. */
START_TEST(the_limit_of_a_line)
{
	reads("123456\na\n", "1 123456|2 a|", false);
	reads("1234567\na\n", "1 1234567|2 a|", false);
	reads("12345678\na\n", "1!|2 a|", false);
	reads("123456789\na\n", "1!|2 a|", false);
	reads("1234567890123456789\na\n1234567\n", "1!|2 a|3 1234567|", false);
	reads("1234567", "1 1234567|", true);
	reads("a\n12345678", "1 a|2!|", false);
	reads("12345678\n12345678\n", "1!|2!|", false);
}
END_TEST

static char taken[256];

/* The name of each file, and what it begins with. */
static void take(void *context, int fd, const char *name)
{
	ck_assert_ptr_eq(context, taken);
	char begin[8] = "";
	ssize_t n = read(fd, begin, sizeof begin - 1);
	size_t size = strlen(taken);
	const char *base = strrchr(name, '/');
	snprintf(taken + size, sizeof taken - size, "%s=%.*s ", base ? base + 1 : name, n > 0 ? (int)n : 0,
		 begin);
}

static bool paths(int count, char *const list[])
{
	taken[0] = '\0';
	return line_reader_paths(count, list, take, taken);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	ck_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* Those that cannot be opened keep none of the others from being read. */
START_TEST(files_by_their_paths)
{
	char folder[] = "/tmp/jk-lines-XXXXXX", a[64], b[64], none[64];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(a, sizeof a, "%s/a", folder);
	snprintf(b, sizeof b, "%s/b", folder);
	snprintf(none, sizeof none, "%s/none", folder);
	write_file(a, "1");
	write_file(b, "2");
	int in = open(b, O_RDONLY);
	ck_assert(in >= 0 && dup2(in, STDIN_FILENO) == STDIN_FILENO);
	ck_assert(paths(2, (char *[]){a, b}));
	ck_assert_str_eq(taken, "a=1 b=2 ");
	ck_assert(!paths(3, (char *[]){none, a, b}));
	ck_assert_str_eq(taken, "a=1 b=2 ");
	ck_assert(!paths(3, (char *[]){a, none, b}));
	ck_assert_str_eq(taken, "a=1 b=2 ");
	ck_assert(!paths(2, (char *[]){a, none}));
	ck_assert(paths(2, (char *[]){a, "-"}));
	ck_assert_str_eq(taken, "a=1 stdin=2 ");
	lseek(STDIN_FILENO, 0, SEEK_SET);
	ck_assert(paths(0, NULL));
	ck_assert_str_eq(taken, "stdin=2 ");
	unlink(a);
	unlink(b);
	rmdir(folder);
}
END_TEST

UNIT_RUN("line_reader", lines, the_limit_of_a_line, files_by_their_paths)
