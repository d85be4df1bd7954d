/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file One resource of the Kubernetes API, listed and then watched for as long as the program runs: pages, bookmarks, resumption
 * by resourceVersion, a new list when that has expired, and a jittered back-off for all that can fail. The watcher keeps no
 * objects: one page of a list, or one event, is in memory at a time.
 */
#ifndef SN_KUBE_WATCH_H
#define SN_KUBE_WATCH_H

#include <jansson.h>
#include <stdint.h>
#include <uv.h>

#include "http/client.h"
#include "kube/access.h"

enum sn_watch_event {
	SN_WATCH_LIST,	 /* a list begins: what is not put before SYNCED is gone; it may begin anew before it is synced */
	SN_WATCH_PUT,	 /* an object, of a list, added or modified */
	SN_WATCH_DELETE, /* an object, as it was last */
	SN_WATCH_SYNCED, /* the list is complete */
};

/** From the loop. The object is borrowed, and NULL for LIST and SYNCED. It comes from outside: any of its fields may be of any
 * type. The watch must not be freed from within. */
typedef void (*sn_watch_fn)(void *ctx, enum sn_watch_event event, const json_t *object);

enum sn_watch_state {
	SN_WATCH_LISTING,
	SN_WATCH_WATCHING,
	SN_WATCH_WAITING, /* before it is tried again */
	_SN_WATCH_STATE_MAX,
};

/** 0 takes the default that stands in brackets. Texts are copied; `client` and `access` are borrowed. */
struct sn_watch_options {
	struct sn_http_client *client; /* believes the cluster's CA */
	const struct sn_kube_access *access;
	const char *path; /* "/api/v1/pods" */
	const char *field_selector, *label_selector;
	/** The first list may be a little old, and costs the server nothing: it is not paged then. For what is few. */
	bool cached;
	unsigned page;		 /* objects of one page of a list (200); halved while pages are too long to be taken */
	unsigned page_octets;	 /* a longer page is not taken (16 MiB) */
	unsigned event_octets;	 /* a longer event is not taken (4 MiB; etcd takes no object above 1.5 MiB) */
	unsigned silence_s;	 /* a watch in which not even a bookmark came is given up (150; bookmarks come every minute) */
	unsigned watch_s;	 /* the server is asked to end a watch after this and up to twice this (300) */
	unsigned retry_first_ms; /* doubled with each failure (500) */
	unsigned retry_last_ms;	 /* up to this (30,000) */
	sn_watch_fn fn;
	void *ctx;
};

struct sn_watch_stats {
	enum sn_watch_state state;
	bool synced; /* a list has been complete once */
	uint64_t lists, relists, pages, watches, events, bookmarks;
	uint64_t failures;     /* requests that came to nothing, streams that broke, all below among them */
	uint64_t expired;      /* 410 */
	uint64_t unauthorized; /* 401 */
	uint64_t malformed;    /* answers and events that are not what they should be */
	uint64_t silent;       /* streams given up because nothing came */
	uint64_t heard_ns;     /* CLOCK_BOOTTIME of what came last, or 0 */
	char why[256];	       /* of the last failure */
};

struct sn_watch;
/** Begins with the loop. @return 0 or -ENOMEM. */
int sn_watch_new(uv_loop_t *loop, const struct sn_watch_options *options, struct sn_watch **ret_watch);
/** Handles are closed once the loop has turned again; before its client is freed. NULL is fine. @return NULL. */
struct sn_watch *sn_watch_free(struct sn_watch *watch);
void sn_watch_stats(const struct sn_watch *watch, struct sn_watch_stats *ret_stats);
/** "listing", "watching", "waiting". */
const char *sn_watch_state_name(enum sn_watch_state state);

#endif
