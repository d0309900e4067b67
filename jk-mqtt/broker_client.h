/* SPDX-License-Identifier: MIT */
#ifndef BROKER_CLIENT_H
#define BROKER_CLIENT_H

#include <mosquitto.h>

#include "options.h"

/*
 * Sets up a client of libmosquitto as the options say: the protocol, the will on that topic, user, TLS.
 * Returns an error of libmosquitto, or 0.
 */
int broker_client_set_up(struct mosquitto *client, const struct options *options, const char *status_topic);

#endif
