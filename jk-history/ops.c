/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <string.h>

static bool put(struct ops *o, size_t *at, const void *p, size_t n)
{
	if (sizeof o->data - *at < n)
		return false;
	if (n > 0)
		memcpy(o->data + *at, p, n);
	*at += n;
	return true;
}

static void get(const struct ops *o, size_t *at, void *p, size_t n)
{
	memcpy(p, o->data + *at, n);
	*at += n;
}

void ops_row(struct ops *o, const struct op_row *row)
{
	static const unsigned char kind = OP_ROW;
	size_t at = o->size;
	if (put(o, &at, &kind, 1) && put(o, &at, row, sizeof *row))
		o->size = at;
	else
		o->lost++;
}

static bool put_parameter(struct ops *o, size_t *at, const struct parameter *p)
{
	unsigned char kind = (unsigned char)p->kind;
	if (!put(o, at, &kind, 1))
		return false;
	switch (p->kind) {
	case PARAMETER_INTEGER:
	case PARAMETER_OWNER:
		return put(o, at, &p->integer, sizeof p->integer);
	case PARAMETER_REAL:
		return put(o, at, &p->real, sizeof p->real);
	case PARAMETER_TEXT:
		return put(o, at, &p->text.n, sizeof p->text.n) && put(o, at, p->text.p, p->text.n);
	default:
		return true;
	}
}

void ops_statement(struct ops *o, const struct op_statement *s)
{
	unsigned char head[3] = {OP_STATEMENT, (unsigned char)s->statement, (unsigned char)s->count};
	size_t at = o->size;
	bool done = put(o, &at, head, sizeof head);
	for (unsigned i = 0; i < s->count && done; i++)
		done = put_parameter(o, &at, &s->parameter[i]);
	if (done)
		o->size = at;
	else
		o->lost++;
}

static void get_parameter(const struct ops *o, size_t *at, struct parameter *p)
{
	unsigned char kind;
	get(o, at, &kind, 1);
	p->kind = (enum parameter_kind)kind;
	switch (p->kind) {
	case PARAMETER_INTEGER:
	case PARAMETER_OWNER:
		get(o, at, &p->integer, sizeof p->integer);
		break;
	case PARAMETER_REAL:
		get(o, at, &p->real, sizeof p->real);
		break;
	case PARAMETER_TEXT:
		get(o, at, &p->text.n, sizeof p->text.n);
		p->text.p = (const char *)o->data + *at;
		*at += p->text.n;
		break;
	default:
		break;
	}
}

bool ops_next(const struct ops *o, size_t *at, enum op_kind *kind, struct op_row *row,
	      struct op_statement *statement)
{
	unsigned char head[2];
	if (*at >= o->size)
		return false;
	*kind = (enum op_kind)o->data[(*at)++];
	if (*kind == OP_ROW) {
		get(o, at, row, sizeof *row);
		return true;
	}
	get(o, at, head, sizeof head);
	statement->statement = (enum statement)head[0];
	statement->count = head[1];
	for (unsigned i = 0; i < statement->count; i++)
		get_parameter(o, at, &statement->parameter[i]);
	return true;
}

void op_begin(struct op_statement *s, enum statement statement)
{
	s->statement = statement;
	s->count = 0;
}

static void add(struct op_statement *s, struct parameter p)
{
	if (s->count < OPS_PARAMETERS)
		s->parameter[s->count++] = p;
}

void op_null(struct op_statement *s)
{
	add(s, (struct parameter){.kind = PARAMETER_NULL});
}

void op_integer(struct op_statement *s, int64_t value)
{
	add(s, (struct parameter){.kind = PARAMETER_INTEGER, .integer = value});
}

void op_real(struct op_statement *s, double value)
{
	add(s, (struct parameter){.kind = PARAMETER_REAL, .real = value});
}

void op_text(struct op_statement *s, struct slice text)
{
	add(s, (struct parameter){.kind = text.p ? PARAMETER_TEXT : PARAMETER_NULL, .text = text});
}

void op_owner(struct op_statement *s, uint32_t owner)
{
	add(s, (struct parameter){.kind = PARAMETER_OWNER, .integer = owner});
}
