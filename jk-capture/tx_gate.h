/* SPDX-License-Identifier: MIT */
#ifndef TX_GATE_H
#define TX_GATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The last check before the bus.  run.c applies it to every request, and tx_requests.c to each one that it
 * reads.  Returns NULL if these n bytes may be transmitted.  They are then one of
 *
 *   AA 10 RR RR 00 01 02 00 00 cc cc      a poll: RR RR is 161C, 161E or 1620 (about, settings or live frame)
 *   AA 10 RR RR 00 QQ NN <N bytes> cc cc  exactly the registers of one writable row, with every writable
 *                                         value inside its row's bounds
 *
 * with an address AA of 1 to 15.  Otherwise it returns the reason as one word: length, crc, address,
 * function, register, quantity or value.  Function 03 never passes.  Neither do registers 1600 to 161B and
 * from 1621 up, which calibrate, shut down, load presets and update firmware: no row has them.
 */
const char *tx_gate_refuses(const uint8_t *p, size_t n);

#endif
