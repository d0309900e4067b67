/* SPDX-License-Identifier: MIT */
#ifndef CAPS_H
#define CAPS_H

/*
 * How much each program keeps track of at a time.  What goes beyond is reported and passed on, never mixed
 * up.  No table has this size from the start: each grows with what is seen.  (Not limits.h: that is the name
 * of a header of C.)
 */

enum {
	CHANNEL_MAX = 31, /* bytes of a channel's name in frame lines, jk-frame(5) */
	RECORD_CHANNEL_MAX =
		64, /* bytes of a channel's name in records, which other programs may write, too */

	CHANNELS_MAX = 1024, /* channels in one stream */
	PACKS_MAX = 4096,    /* packs on all of them */
	RULES_MAX = 512,     /* rules of jk-alarm */

	PACK_MAP_MAX = 4 * PACKS_MAX, /* jk-decode: lines of a map of names; a pack has up to 4 sources */
};

#endif
