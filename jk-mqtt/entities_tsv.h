/* SPDX-License-Identifier: MIT */
#ifndef ENTITIES_TSV_H
#define ENTITIES_TSV_H

/* The table of entities on stdout, a header first; exit 0, or 111 if stdout takes no more. */
_Noreturn void entities_tsv_print(void);

#endif
