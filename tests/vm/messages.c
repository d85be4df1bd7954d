/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Makes the file of messages that chat plays: those of a recording (messages CAPTURE FILE), or NGAP messages of the sizes
 * at which buffers, chunks and length fields change (messages --sizes FILE). Reads packets by libpcap and its own few lines, on
 * purpose: a fault of the codecs must not be in the yardstick too.
 */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messages.h"

#define PORT	 38412
#define PPID	 60
#define MAX_ENDS 4096

#define CHUNK_DATA   0
#define CHUNK_INIT   1
#define DATA_HEAD    16 /* RFC 9260 §3.3.1: type, flags, length, TSN, stream, SSN, PPID */
#define DATA_WHOLE   3	/* flags B and E */
#define SCTP_HEAD    12
#define FRAGMENT_MAX 65536 /* X.691 §11.9.3.8 */

static FILE *out;

static void __attribute__((format(printf, 1, 2), noreturn)) fail(const char *format, ...)
{
	va_list ap;

	fputs("messages: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static void put_message(const uint8_t *data, size_t length, int direction, uint8_t stream, uint16_t association)
{
	struct message_head head = { .length = htonl((uint32_t)length),
				     .direction = (uint8_t)direction,
				     .stream = stream,
				     .association = htons(association) };

	if (fwrite(&head, sizeof(head), 1, out) != 1 || fwrite(data, 1, length, out) != length)
		fail("cannot write");
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* --- a recording --- */
struct association {
	uint8_t gnb[16];
	size_t gnb_len;
	uint16_t port;
	bool open; /* has carried data: another INIT makes another association */
	bool seen[2];
	uint32_t tsn[2]; /* last of each direction */
	uint16_t number;
};

static struct association ends[MAX_ENDS];
static size_t count;
static uint16_t numbers; /* given to associations with messages */

static struct association *find(const uint8_t *gnb, size_t gnb_len, uint16_t port, bool fresh)
{
	struct association *a = NULL;

	for (size_t i = count; i && !a; i--)
		if (ends[i - 1].port == port && ends[i - 1].gnb_len == gnb_len && !memcmp(ends[i - 1].gnb, gnb, gnb_len))
			a = &ends[i - 1];
	if (a && !(fresh && a->open))
		return a;
	if (count == MAX_ENDS)
		fail("too many associations");
	a = &ends[count++];
	a->port = port;
	a->gnb_len = gnb_len;
	memcpy(a->gnb, gnb, gnb_len);
	return a;
}

static void take_data(struct association *a, int direction, const uint8_t *chunk, size_t length)
{
	uint32_t tsn = get32(chunk + 4);

	if (get32(chunk + 12) != PPID || length <= DATA_HEAD)
		return;
	if ((chunk[1] & DATA_WHOLE) != DATA_WHOLE)
		fail("the recording has a message in several chunks, which only an SCTP receiver can put together");
	if (a->seen[direction] && (int32_t)(tsn - a->tsn[direction]) <= 0)
		return; /* sent again */
	if (!a->open)
		a->number = numbers++;
	a->open = a->seen[direction] = true;
	a->tsn[direction] = tsn;
	put_message(chunk + DATA_HEAD, length - DATA_HEAD, direction, (uint8_t)get16(chunk + 8), a->number);
}

static void take_sctp(const uint8_t *data, size_t length, const uint8_t *source, const uint8_t *target, size_t address_len)
{
	if (length < SCTP_HEAD)
		return;
	uint16_t from = get16(data), to = get16(data + 2);
	int direction = to == PORT ? 0 : 1;
	if (from != PORT && to != PORT)
		return;
	for (size_t at = SCTP_HEAD, n; at + 4 <= length; at += (n + 3) & ~(size_t)3) {
		n = get16(data + at + 2);
		if (n < 4 || n > length - at)
			return;
		if (data[at] != CHUNK_INIT && (data[at] != CHUNK_DATA || n < DATA_HEAD))
			continue;
		struct association *a =
			find(direction ? target : source, address_len, direction ? to : from, data[at] == CHUNK_INIT);
		if (data[at] == CHUNK_DATA)
			take_data(a, direction, data + at, n);
	}
}

static void take_frame(u_char *unused, const struct pcap_pkthdr *head, const u_char *frame)
{
	size_t n = head->caplen, link = sizeof(struct ether_header);

	if (n >= link + sizeof(struct ip) && get16(frame + 12) == ETHERTYPE_IP) {
		const uint8_t *ip = frame + link;
		size_t header = (size_t)(ip[0] & 15) * 4, total = get16(ip + 2);

		if (ip[9] == IPPROTO_SCTP && header >= sizeof(struct ip) && header <= total && total <= n - link)
			take_sctp(ip + header, total - header, ip + 12, ip + 16, 4);
	} else if (n >= link + sizeof(struct ip6_hdr) && get16(frame + 12) == ETHERTYPE_IPV6) {
		const uint8_t *ip = frame + link;
		size_t total = get16(ip + 4);

		if (ip[6] == IPPROTO_SCTP && total <= n - link - sizeof(struct ip6_hdr))
			take_sctp(ip + sizeof(struct ip6_hdr), total, ip + 8, ip + 24, 16);
	}
}

static void take_recording(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, error);

	if (!pcap)
		fail("%s: %s", path, error);
	if (pcap_datalink(pcap) != DLT_EN10MB)
		fail("%s was not recorded from Ethernet", path);
	if (pcap_loop(pcap, -1, take_frame, NULL) == PCAP_ERROR)
		fail("%s: %s", path, pcap_geterr(pcap));
	pcap_close(pcap);
	if (!numbers)
		fail("%s holds no NGAP message", path);
}

/* --- sizes --- */
struct bytes {
	uint8_t data[MESSAGE_MAX + 256];
	size_t len;
};

static void put(struct bytes *b, const void *data, size_t n)
{
	if (n > sizeof(b->data) - b->len)
		fail("a message grows too long");
	memcpy(b->data + b->len, data, n);
	b->len += n;
}

/* Octets behind their length, in fragments of 16 Ki from 16 Ki on: X.691 §11.9.3.5 to 11.9.3.8. */
static void put_open(struct bytes *b, const uint8_t *data, size_t n)
{
	while (n >= 16384) {
		size_t blocks = n / 16384 > 4 ? 4 : n / 16384;

		put(b, (uint8_t[]) { (uint8_t)(0xC0 | blocks) }, 1);
		put(b, data, blocks * 16384);
		data += blocks * 16384;
		n -= blocks * 16384;
	}
	if (n < 128)
		put(b, (uint8_t[]) { (uint8_t)n }, 1);
	else
		put(b, (uint8_t[]) { (uint8_t)(0x80 | n >> 8), (uint8_t)n }, 2);
	put(b, data, n);
}

static void put_ie(struct bytes *b, uint16_t id, uint8_t criticality, const uint8_t *value, size_t n)
{
	put(b, (uint8_t[]) { (uint8_t)(id >> 8), (uint8_t)id, criticality }, 3);
	put_open(b, value, n);
}

/* TS 24.501 §8.2.11: DL NAS TRANSPORT, not protected, with an LPP message of n octets as its container. */
static void put_nas(struct bytes *b, size_t n)
{
	static const uint8_t head[] = { 0x7E, 0x00, 0x68, 0x03 };

	put(b, head, sizeof(head));
	put(b, (uint8_t[]) { (uint8_t)(n >> 8), (uint8_t)n }, 2);
	for (size_t i = 0; i < n; i++)
		put(b, (uint8_t[]) { (uint8_t)(i * 7) }, 1);
}

/* TS 38.413 §9.2.5.2 DownlinkNASTransport, §9.2.13.1 UERadioCapabilityInfoIndication: what grows long in real networks. */
static void make_message(struct bytes *ret_message, int direction, size_t n)
{
	static struct bytes content, value, ies;
	static const uint8_t ids[] = { 0x00, 0x01 }; /* the number 1 as AMF-UE- or RAN-UE-NGAP-ID */

	content.len = value.len = ies.len = ret_message->len = 0;
	put(&ies, (uint8_t[]) { 0, 0, 3 }, 3);
	put_ie(&ies, 10, 0x00, ids, sizeof(ids));
	put_ie(&ies, 85, 0x00, ids, sizeof(ids));
	put_nas(&content, n);
	put_open(&value, content.data, content.len);
	if (direction)
		put_ie(&ies, 38, 0x00, value.data, value.len); /* NAS-PDU, reject */
	else
		put_ie(&ies, 117, 0x40, value.data, value.len); /* UERadioCapability, ignore */
	put(ret_message, (uint8_t[]) { 0x00, direction ? 4 : 44, 0x40 }, 3);
	put_open(ret_message, ies.data, ies.len);
}

static void take_sizes(void)
{
	/* smallest; a length of one octet or two; one chunk or more at 1,500 octets of MTU; a page; the capture limit; PER
	 * fragments */
	static const size_t sizes[] = { 40, 127, 160, 1000, 1440, 1500, 4096, 9000, 16300, 16384, 16500, 33000, 60000 };
	static struct bytes message;
	unsigned stream = 0;

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
			for (int direction = 0; direction < 2; direction++) {
				size_t n = sizes[i];

				do
					make_message(&message, direction, --n);
				while (message.len > sizes[i]);
				put_message(message.data, message.len, direction, stream++ % 16, (uint16_t)round);
			}
		}
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fputs("usage: messages CAPTURE FILE\n       messages --sizes FILE\n", stderr);
		return 2;
	}
	out = fopen(argv[2], "wbe");
	if (!out)
		fail("%s: cannot write", argv[2]);
	if (!strcmp(argv[1], "--sizes"))
		take_sizes();
	else
		take_recording(argv[1]);
	if (fclose(out))
		fail("%s: cannot write", argv[2]);
	return EXIT_SUCCESS;
}
