/* SPDX-License-Identifier: MIT */
#include "inbox.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

void inbox_begin(struct inbox *i, int wake_fd)
{
	*i = (struct inbox){.wake_fd = wake_fd};
	pthread_mutex_init(&i->lock, NULL);
}

void inbox_connected(struct inbox *i)
{
	pthread_mutex_lock(&i->lock);
	i->connections++;
	pthread_mutex_unlock(&i->lock);
	eventfd_write(i->wake_fd, 1);
}

void inbox_put(struct inbox *i, const char *topic, const void *payload, size_t size, bool retained,
	       int64_t real_us)
{
	size_t n = strlen(topic) + 1;
	pthread_mutex_lock(&i->lock);
	char *block = NULL;
	if (!i->closed && i->count < INBOX_MAX && n + size <= INBOX_BYTES_MAX - i->bytes)
		block = malloc(n + size + 1);
	if (block) {
		memcpy(block, topic, n);
		if (size > 0)
			memcpy(block + n, payload, size);
		block[n + size] = '\0';
		i->messages[(i->first + i->count) % INBOX_MAX] = (struct incoming){.topic = block,
										   .payload = block + n,
										   .size = size,
										   .retained = retained,
										   .real_us = real_us};
		i->count++;
		i->bytes += n + size;
	} else if (!i->closed) {
		i->lost++;
	}
	pthread_mutex_unlock(&i->lock);
	eventfd_write(i->wake_fd, 1);
}

void inbox_close(struct inbox *i)
{
	pthread_mutex_lock(&i->lock);
	i->closed = true;
	pthread_mutex_unlock(&i->lock);
}

bool inbox_busy(struct inbox *i)
{
	pthread_mutex_lock(&i->lock);
	bool busy = !i->closed && (i->count >= INBOX_BUSY || i->bytes >= INBOX_BYTES_BUSY);
	pthread_mutex_unlock(&i->lock);
	return busy;
}

bool inbox_take(struct inbox *i, struct incoming *message)
{
	pthread_mutex_lock(&i->lock);
	bool any = i->count > 0;
	if (any) {
		*message = i->messages[i->first];
		i->first = (i->first + 1) % INBOX_MAX;
		i->count--;
		i->bytes -= strlen(message->topic) + 1 + message->size;
	}
	pthread_mutex_unlock(&i->lock);
	return any;
}

unsigned inbox_connections(struct inbox *i, uint64_t *lost)
{
	pthread_mutex_lock(&i->lock);
	unsigned connections = i->connections;
	*lost = i->lost;
	pthread_mutex_unlock(&i->lock);
	return connections;
}
