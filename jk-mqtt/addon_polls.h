/* SPDX-License-Identifier: MIT */
#ifndef ADDON_POLLS_H
#define ADDON_POLLS_H

#include "publisher.h"

/*
 * What captures count of the packs that they poll, which the add-on of version 4.1.10 has in its health
 * message; and the score of links, which it has as well.
 */

/* The words of an event stats: those of a pack count. */
void addon_polls_stats(struct publisher *p, const struct json_record *r);

/* A score of a link. */
void addon_polls_score(struct publisher *p, struct json_record *r);

/* Answers whose records jk-decode has rejected, of all packs. */
uint64_t addon_polls_rejected(const struct publisher *p);

#endif
