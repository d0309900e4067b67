/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "sheet.h"
#include "tx_requests.h"

/*
 * Bytes into the FIFO of jk-capture's -x, the last gate: no byte leaves for a register outside the table,
 * whatever comes.  A line that begins with ! is hex digits of a request, which gets the head of a line and a
 * CRC that fits, so that chance is not spent on those two.
 */

static struct capture capture;
static struct line_output output;
static struct tx_requests requests;
static int in = -1, out = -1;

unsigned long fuzz_taken;

const char *const fuzz_seeds[] = {
	"(1763856000.000000) bus 01#0110107000020400000000394B\n",
	"(1763855999.000000) bus 01#0110161E0001020000D22F\n",
	"(1763856000.000000) bus 0F#0F10162000010200005C07 R\n",
	"(1763856000.000000) bus 2F4#0110107000020400\n",
	"(1763856000.000000) bus 18F0F428#05010101 T\n",
	"!01101070000204000000\n",
	"!0110100C00020400000E42\n",
	"!0110105C000204FFFFFFCE\n",
	"!0110111400010232110\n",
	"!0110111600010205\n",
	"!01101504000102320A\n",
	"!011014B20001020106\n",
	"!0110160000010200\n",
	"!01101604000102000\n",
	"!011016200001020000\n",
	"!011016220001020000\n",
	"!01031200007F\n",
	NULL,
};

static int64_t tell_real_us(void)
{
	return INT64_C(1763856000000000);
}

static void begin(void)
{
	int fds[2];
	if (in < 0) {
		HOLDS(pipe2(fds, O_NONBLOCK) == 0);
		in = fds[0], out = fds[1];
		output.fd = open("/dev/null", O_WRONLY);
	}
	output.start = output.end = 0;
	capture_begin(&capture, "bus", &output, 1000000, tell_real_us);
	tx_requests_begin(&requests, in, "tx", &capture);
}

static void flush(void)
{
	struct request request;
	tx_requests_read(&requests, 1000000, tell_real_us());
	while (tx_requests_fetch(&requests, &request, true, 1000000)) {
		sheet_check(request.data, request.size);
		HOLDS(request.address == request.data[0]);
		fuzz_taken++;
	}
	output.start = output.end = 0;
}

static int digit(uint8_t c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* The bytes of the digits of a line, with a CRC, as a line. */
static void send_sealed(const uint8_t *p, size_t n)
{
	uint8_t bytes[300];
	char line[80 + 2 * sizeof bytes];
	size_t size = 0;
	for (; 2 * size + 1 < n && size < sizeof bytes - 2; size++) {
		int high = digit(p[2 * size]), low = digit(p[2 * size + 1]);
		bytes[size] = (uint8_t)(high < 0 || low < 0 ? p[2 * size] : high << 4 | low);
	}
	unsigned crc = sheet_crc(bytes, size);
	bytes[size++] = (uint8_t)crc;
	bytes[size++] = (uint8_t)(crc >> 8);
	int at = snprintf(line, sizeof line, "(1763856000.000000) bus %02X#", bytes[0]);
	for (size_t i = 0; i < size; i++)
		at += snprintf(line + at, sizeof line - (size_t)at, "%02X", bytes[i]);
	line[at++] = '\n';
	HOLDS(write(out, line, (size_t)at) == at);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	begin();
	while (n > 0) {
		const uint8_t *newline = memchr(p, '\n', n);
		size_t size = newline ? (size_t)(newline - p) + 1 : n;
		size = size < 60000 ? size : 60000;
		if (*p == '!')
			send_sealed(p + 1, size - 1 - (newline != NULL));
		else
			HOLDS(write(out, p, size) == (ssize_t)size);
		flush();
		p += size;
		n -= size;
	}
	return 0;
}
