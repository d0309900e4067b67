/* SPDX-License-Identifier: MIT */
#ifndef PACKS_H
#define PACKS_H

#include "model.h"

/*
 * Sources whose records have the same name are one pack: its alarms, its health and its silence are those
 * of all of them.
 */

/*
 * The source of a record with this name: as model_source, but where there is no room for another pack it is
 * one of the pack that has the name.
 */
struct source *pack_source(struct model *m, struct link *link, int bms, enum pack_source_kind kind,
			   struct slice pack);

/*
 * Names from a record of the source; without text they stay as they are.  A source that has got the name
 * of another pack becomes a source of that pack and takes along what it has reported.  False: that pack
 * has PACK_SOURCES_MAX already.
 */
bool pack_name(struct model *m, struct source *source, struct slice pack, struct slice label);

#endif
