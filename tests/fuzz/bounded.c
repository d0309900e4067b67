/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "fuzz.h"

/*
 * Runs a target with inputs that chance makes of its seeds, JK_INPUTS of them (20000) from JK_SEED (1) on, or
 * with the files that are named; one line of TAP.
 */

enum { INPUT_MAX = 4096 };

static uint64_t state;

static uint32_t below(uint32_t limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

static unsigned long environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : otherwise;
}

static size_t add_seed(uint8_t *p, size_t n, uint32_t count)
{
	const char *seed = fuzz_seeds[below(count)];
	size_t size = strlen(seed);
	if (n + size > INPUT_MAX)
		return n;
	memcpy(p + n, seed, size);
	return n + size;
}

/* Some seeds, and then bytes changed, taken out, or put elsewhere. */
static size_t make_input(uint8_t *p, uint32_t count)
{
	size_t n = 0;
	for (uint32_t k = 1 + below(4); k > 0; k--)
		n = add_seed(p, n, count);
	for (uint32_t k = below(3) ? below(6) : 0; k > 0 && n > 1; k--) {
		size_t at = below((uint32_t)n), from = below((uint32_t)n), size = below(8);
		switch (below(4)) {
		case 0:
			p[at] = (uint8_t)below(256);
			break;
		case 1:
			p[at] = p[from];
			break;
		case 2:
			size = size < n - at ? size : n - at;
			memmove(p + at, p + at + size, n - at - size);
			n -= size;
			break;
		default:
			p[at] ^= (uint8_t)(1u << below(8));
		}
	}
	return n;
}

static int run_file(const char *path)
{
	static uint8_t input[1 << 20];
	FILE *file = fopen(path, "re");
	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	size_t n = fread(input, 1, sizeof input, file);
	fclose(file);
	LLVMFuzzerTestOneInput(input, n);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;
	for (int i = 1; i < argc; i++)
		failed += run_file(argv[i]);
	if (argc > 1)
		return failed > 0;
	uint32_t count = 0;
	while (fuzz_seeds[count])
		LLVMFuzzerTestOneInput((const uint8_t *)fuzz_seeds[count], strlen(fuzz_seeds[count])),
			count++;
	unsigned long inputs = environment("JK_INPUTS", 20000);
	state = environment("JK_SEED", 1) * 2 + 1;
	for (unsigned long i = 0; i < inputs; i++) {
		uint8_t *input =
			malloc(INPUT_MAX); /* of its exact size, so that a sanitizer sees who reads beyond */
		HOLDS(input);
		size_t n = make_input(input, count);
		uint8_t *exact = realloc(input, n ? n : 1);
		HOLDS(exact);
		LLVMFuzzerTestOneInput(exact, n);
		free(exact);
	}
	printf("1..1\n%s 1 - %lu inputs, %lu were taken\n", fuzz_taken > inputs / 20 ? "ok" : "not ok",
	       inputs, fuzz_taken);
	return fuzz_taken <= inputs / 20;
}
