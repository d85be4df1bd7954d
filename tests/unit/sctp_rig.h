/* SPDX-License-Identifier: Apache-2.0 */
/** @file A receiver under test with two peers before it, and a record of what it told its sink. */
#ifndef SN_TESTS_UNIT_SCTP_RIG_H
#define SN_TESTS_UNIT_SCTP_RIG_H

#include "test.h"

#include <errno.h>

#include "codec/sctp.h"
#include "sctp_build.h"

#define GNB	 0
#define AMF	 1
#define GNB_PORT 50001
#define AMF_PORT 38412
#define GNB_TAG	 0x11111111u /* chosen by the gNB: in packets to it */
#define AMF_TAG	 0x22222222u
#define GNB_TSN	 1000u /* initial TSNs */
#define AMF_TSN	 2000u
#define SECOND	 UINT64_C(1000000000)
#define PPID	 60

struct rig_message {
	struct sn_sctp_message message; /* .data is a copy */
	uint8_t *copy;
};

struct rig_event {
	uint64_t association;
	enum sn_sctp_event_kind kind;
};

struct rig {
	struct sn_sctp *sctp;
	struct sctp_build b;
	uint64_t now;
	uint8_t host[2]; /* last octet of 10.0.0.x */
	uint16_t port[2];
	uint32_t tag[2]; /* chosen by endpoint i */
	struct rig_message *messages;
	size_t count;
	struct rig_event events[4096];
	size_t event_count;
};

static void rig_on_message(void *ctx, const struct sn_sctp_message *message)
{
	struct rig *rig = ctx;
	struct rig_message *m;

	if ((rig->count & (rig->count - 1)) == 0)
		rig->messages = realloc(rig->messages, (rig->count ? rig->count * 2 : 1) * sizeof(*rig->messages));
	m = &rig->messages[rig->count++];
	m->message = *message;
	m->copy = malloc(message->data.len + 1);
	memcpy(m->copy, message->data.data, message->data.len);
	m->copy[message->data.len] = 0;
	m->message.data.data = m->copy;
}

static void rig_on_event(void *ctx, uint64_t association, enum sn_sctp_event_kind kind,
			 const struct sn_sctp_endpoint endpoints[2], uint64_t time_ns)
{
	struct rig *rig = ctx;

	if (rig->event_count < 4096)
		rig->events[rig->event_count++] = (struct rig_event) { association, kind };
}

static inline void rig_clear(struct rig *rig)
{
	for (size_t i = 0; i < rig->count; i++)
		free(rig->messages[i].copy);
	free(rig->messages);
	rig->messages = NULL;
	rig->count = 0;
	rig->event_count = 0;
}

static inline void rig_open(struct rig *rig, const struct sn_sctp_limits *limits)
{
	struct sn_sctp_sink sink = { .message = rig_on_message, .event = rig_on_event, .ctx = rig };

	memset(rig, 0, sizeof(*rig));
	rig->now = 1700000000 * SECOND;
	rig->host[GNB] = 1;
	rig->host[AMF] = 2;
	rig->port[GNB] = GNB_PORT;
	rig->port[AMF] = AMF_PORT;
	rig->tag[GNB] = GNB_TAG;
	rig->tag[AMF] = AMF_TAG;
	assert_int_equal(sn_sctp_new(limits, &sink, &rig->sctp), 0);
}

static inline void rig_close(struct rig *rig)
{
	rig->sctp = sn_sctp_free(rig->sctp);
	rig_clear(rig);
}

static inline uint64_t rig_loss(const struct rig *rig, enum sn_sctp_loss loss)
{
	return sn_sctp_stats(rig->sctp)->losses[loss];
}

/** Everything that went wrong, but `except`. */
static inline uint64_t rig_losses_except(const struct rig *rig, enum sn_sctp_loss except)
{
	uint64_t sum = 0;

	for (int i = 0; i < _SN_SCTP_LOSS_MAX; i++)
		sum += i == (int)except ? 0 : rig_loss(rig, (enum sn_sctp_loss)i);
	return sum;
}

/** Puts another gNB, or another association of it, in the place of the one before. */
static inline void rig_use_peer(struct rig *rig, uint8_t host, uint16_t port, uint32_t gnb_tag, uint32_t amf_tag)
{
	rig->host[GNB] = host;
	rig->port[GNB] = port;
	rig->tag[GNB] = gnb_tag;
	rig->tag[AMF] = amf_tag;
}

/** Begins a packet from one of the peers, with the tag of the other. */
static inline struct sctp_build *rig_begin(struct rig *rig, int from)
{
	sctp_begin(&rig->b, rig->port[from], rig->port[!from], rig->tag[!from]);
	return &rig->b;
}

static inline struct sn_packet rig_ip(const struct rig *rig, int from)
{
	return (struct sn_packet) {
		.src = { .octets = { 10, 0, 0, rig->host[from] }, .family = 4 },
		.dst = { .octets = { 10, 0, 0, rig->host[!from] }, .family = 4 },
		.protocol = 132,
	};
}

/** Sends what was built, of which the capture holds `captured` octets. */
static inline int rig_send_cut(struct rig *rig, int from, size_t captured)
{
	struct sn_packet ip = rig_ip(rig, from);
	uint8_t *exact = malloc(captured ? captured : 1); /* of exact size, so that a sanitizer sees a read past its end */
	int r;

	sctp_end(&rig->b);
	memcpy(exact, rig->b.data, captured);
	r = sn_sctp_input(rig->sctp, &ip, (struct sn_view) { exact, captured }, (uint32_t)rig->b.len, rig->now);
	free(exact);
	return r;
}

static inline int rig_send(struct rig *rig, int from)
{
	return rig_send_cut(rig, from, rig->b.len);
}

/** One packet with one DATA chunk whose user data is the string. */
static inline void rig_data(struct rig *rig, int from, uint8_t flags, uint32_t tsn, uint16_t stream, uint16_t ssn,
			    const char *text)
{
	sctp_data(rig_begin(rig, from), flags, tsn, stream, ssn, PPID, text, strlen(text));
	assert_int_equal(rig_send(rig, from), 0);
}

static inline void rig_idata(struct rig *rig, int from, uint8_t flags, uint32_t tsn, uint16_t stream, uint32_t mid, uint32_t fsn,
			     const char *text)
{
	sctp_idata(rig_begin(rig, from), flags, tsn, stream, mid, flags & SCTP_B ? PPID : fsn, text, strlen(text));
	assert_int_equal(rig_send(rig, from), 0);
}

static inline void rig_sack(struct rig *rig, int from, uint32_t tsn)
{
	sctp_sack(rig_begin(rig, from), tsn);
	assert_int_equal(rig_send(rig, from), 0);
}

/** A packet with one chunk without a body worth mention. */
static inline void rig_control(struct rig *rig, int from, uint8_t type, uint8_t flags)
{
	sctp_chunk(rig_begin(rig, from), type, flags, "\0\0\0\0", 4);
	assert_int_equal(rig_send(rig, from), 0);
}

static inline void rig_init(struct rig *rig, int from, uint32_t tsn)
{
	sctp_begin(&rig->b, rig->port[from], rig->port[!from], 0);
	sctp_init(&rig->b, 1, rig->tag[from], tsn);
	assert_int_equal(rig_send(rig, from), 0);
}

static inline void rig_init_ack(struct rig *rig, int from, uint32_t tsn)
{
	sctp_init(rig_begin(rig, from), 2, rig->tag[from], tsn);
	assert_int_equal(rig_send(rig, from), 0);
}

/** The four packets of a handshake begun by the gNB. */
static inline void rig_handshake(struct rig *rig)
{
	rig_init(rig, GNB, GNB_TSN);
	rig_init_ack(rig, AMF, AMF_TSN);
	rig_control(rig, GNB, 10, 0);
	rig_control(rig, AMF, 11, 0);
}

#define assert_message(rig, i, text)                                                                                             \
	do {                                                                                                                     \
		assert_true((rig)->count > (size_t)(i));                                                                         \
		assert_string_equal((char *)(rig)->messages[i].copy, text);                                                      \
	} while (0)

#define assert_event(rig, i, what)                                                                                               \
	do {                                                                                                                     \
		assert_true((rig)->event_count > (size_t)(i));                                                                   \
		assert_int_equal((rig)->events[i].kind, what);                                                                   \
	} while (0)

/** All messages so far, as one string with blanks between. */
static inline const char *rig_texts(const struct rig *rig)
{
	static char all[4096];
	size_t len = 0;

	all[0] = 0;
	for (size_t i = 0; i < rig->count && len < sizeof(all); i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s", i ? " " : "", (char *)rig->messages[i].copy);
	return all;
}

#endif
