/* SPDX-License-Identifier: MIT */
#include "entities_tsv.h"

#include <stdio.h>

#include "entities.h"
#include "process.h"

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

void entities_tsv_print(void)
{
	size_t count;
	const struct entity *e = entities(&count);
	printf("key\tcomponent\tname\tdevice_class\tstate_class\tunit\tentity_category\tenabled_by_"
	       "default\ticon\tprecision\n");
	for (size_t i = 0; i < count; i++, e++) {
		printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t", e->key, entity_platform_name(e->platform),
		       e->name, or_empty(e->device_class), or_empty(entity_state_class_name(e->state_class)),
		       or_empty(entity_unit(e)), or_empty(entity_category_name(e->category)),
		       e->disabled ? "no" : "yes", or_empty(e->icon));
		if (e->digits > 0)
			printf("%d", e->digits - 1);
		putchar('\n');
	}
	process_print("");
}
