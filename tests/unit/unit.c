/* SPDX-License-Identifier: MIT */
#include "unit.h"

#include <stdlib.h>

#include "number.h"

int unit_run(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	for (size_t i = 0; i < count; i++) {
		TCase *one = tcase_create(tests[i]->name);
		tcase_set_timeout(one, 0); /* a busy machine is no failure */
		tcase_add_test(one, tests[i]);
		suite_add_tcase(suite, one);
	}
	SRunner *runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}

unsigned long unit_environment(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);
	int64_t value;
	return text && number_option(text, 1, INT32_MAX, &value) ? (unsigned long)value : otherwise;
}

uint32_t chance_below(struct chance *c, uint32_t limit)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return (uint32_t)((c->state * UINT64_C(0x2545F4914F6CDD1D)) >> 32) % limit;
}
