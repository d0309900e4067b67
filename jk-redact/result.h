/* SPDX-License-Identifier: MIT */
#ifndef RESULT_H
#define RESULT_H

#include "slice.h"
#include "strbuf.h"

/*
 * The words behind "!write" in a result of jk-write, with the value of any key that cannot be set as "*":
 * somebody may have tried to set a passcode, and older versions repeated it.  If a word is missing, each may
 * be anything.
 */
void result_words(struct strbuf *t, struct slice words);

#endif
