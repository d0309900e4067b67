/* SPDX-License-Identifier: MIT */
#ifndef SECRET_H
#define SECRET_H

/*
 * Called before a secret is read: from then on the system writes no core of this process, and no other
 * process of the same user may read its memory.  libmosquitto and OpenSSL keep copies of their own, which we
 * could not wipe.
 */
void secret_protect(void);

/* At the end: wipes our copy of the password. */
void secret_wipe(void);

/*
 * User and password for the broker.  The password is the first line of the file, else JK_MQTT_PASSWORD of the
 * environment; the user is the option's, else JK_MQTT_USERNAME.  Ends the program with 100 if the file cannot
 * be read, is empty, too long, or may be read by everybody.  The environment's copy is wiped.  NULL: there is
 * none.
 */
const char *secret_user(const char *option);
const char *secret_password(const char *path);

#endif
