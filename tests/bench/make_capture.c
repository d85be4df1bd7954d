/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Writes a capture of any size for the benchmarks: UEs that register, are released, come back by a service request and
 * deregister, made of the lab's recorded exchanges with identifiers of their own, many at a time on several gNBs, as SCTP packets
 * in Ethernet frames.
 *
 * make_capture UES CONCURRENT SECONDS > FILE.pcap: so many UEs, spread evenly over so many seconds of capture time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "base/macro.h"
#include "lab/exchange.h"
#include "lab/rewrite.h"
#include "lab/transport.h"

#define GNBS	     16
#define AMF_PORT     38412
#define MAX_MESSAGES 64
#define HEAD_LEN     (14 + 20 + 12 + 16)

static const enum sn_lab_exchange_id life[] = { SN_LAB_REGISTRATION,	SN_LAB_CONTEXT_RELEASE, SN_LAB_SERVICE_REQUEST,
						SN_LAB_CONTEXT_RELEASE, SN_LAB_SERVICE_REQUEST, SN_LAB_DEREGISTRATION };

struct ue {
	struct sn_lab_values values;
	unsigned gnb, step, message;
};

static struct sn_lab_template templates[_SN_LAB_EXCHANGE_MAX][MAX_MESSAGES];
static uint32_t tsn[GNBS][2];
static uint64_t now_us, messages;
static uint32_t next_id = 1;

static void le32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4); /* the byte order of the file is this machine's: its magic says so */
}

/* Ethernet, IPv4, SCTP with one DATA chunk (RFC 9260 3.3.1). */
static void frame_write(unsigned gnb, bool from_amf, uint16_t stream, const uint8_t *data, size_t len)
{
	static uint8_t frame[HEAD_LEN + 65536 + 4];
	size_t padded = (len + 3) & ~(size_t)3, total = HEAD_LEN + padded;
	uint8_t *ip = frame + 14, *sctp = ip + 20, *chunk = sctp + 12;
	uint8_t record[16];
	uint32_t crc;

	memset(frame, 0, HEAD_LEN);
	sn_put_be16(frame + 12, 0x0800);
	ip[0] = 0x45;
	sn_put_be16(ip + 2, (uint16_t)(total - 14));
	ip[8] = 64;
	ip[9] = 132;
	sn_put_be32(ip + (from_amf ? 12 : 16), 0x0a0a0201);
	sn_put_be32(ip + (from_amf ? 16 : 12), 0x0a0a0202 + gnb);
	sn_put_be16(sctp + (from_amf ? 0 : 2), AMF_PORT);
	sn_put_be16(sctp + (from_amf ? 2 : 0), (uint16_t)(40000 + gnb));
	sn_put_be32(sctp + 4, 0x1000 + 2 * gnb + from_amf);
	chunk[1] = 3; /* begins and ends the message */
	sn_put_be16(chunk + 2, (uint16_t)(16 + len));
	sn_put_be32(chunk + 4, tsn[gnb][from_amf]++);
	sn_put_be16(chunk + 8, stream);
	chunk[1] |= 4; /* unordered: no stream sequence number to keep */
	sn_put_be32(chunk + 12, SN_LAB_NGAP_PPID);
	memcpy(chunk + 16, data, len);
	memset(chunk + 16 + len, 0, padded - len);
	crc = sn_crc32c(0, (struct sn_view) { sctp, total - 34 });
	le32(sctp + 8, crc);
	le32(record, (uint32_t)(now_us / 1000000));
	le32(record + 4, (uint32_t)(now_us % 1000000));
	le32(record + 8, (uint32_t)total);
	le32(record + 12, (uint32_t)total);
	if (fwrite(record, sizeof(record), 1, stdout) != 1 || fwrite(frame, total, 1, stdout) != 1) {
		perror("make_capture");
		exit(1);
	}
	messages++;
}

static void message_write(struct ue *ue, enum sn_lab_exchange_id exchange, unsigned index)
{
	const struct sn_lab_message *message = &sn_lab_exchanges[exchange].messages[index];
	uint8_t data[16384];
	size_t len;

	if (sn_lab_template_write(&templates[exchange][index], &ue->values, data, sizeof(data), &len) < 0) {
		fprintf(stderr, "make_capture: message %u of %s does not fit\n", index, sn_lab_exchanges[exchange].name);
		exit(1);
	}
	frame_write(ue->gnb, message->from_amf, message->stream, data, len);
}

static void ue_begin(struct ue *ue)
{
	static const struct sn_lab_values fixed = { .gnb_n3 = 0x0a0a0302,
						    .timestamp = 0xe9000000,
						    .random = 88172645463325252ull };
	uint32_t id = next_id++;

	*ue = (struct ue) { .values = fixed, .gnb = id % GNBS };
	ue->values.amf_ue_ngap_id = id;
	ue->values.ran_ue_ngap_id = id;
	ue->values.msin = id;
	ue->values.serial = id % 1000000;
	ue->values.tmsi = ue->values.new_tmsi = 0xc0000000 + id;
	ue->values.gnb_id = 1 + ue->gnb;
	ue->values.cell = (uint64_t)(1 + ue->gnb) << 4;
	ue->values.random ^= (uint64_t)id << 20;
	for (unsigned i = 0; i < 3; i++)
		ue->values.ue_ip[i] = ue->values.upf_teid[i] = ue->values.gnb_teid[i] = id;
}

/* One message on. @return false when its life is over. */
static bool ue_step(struct ue *ue)
{
	const struct sn_lab_exchange *exchange = &sn_lab_exchanges[life[ue->step]];

	message_write(ue, life[ue->step], ue->message);
	if (++ue->message < exchange->count)
		return true;
	ue->message = 0;
	if (++ue->step == SN_ARRAY_SIZE(life))
		return false;
	if (life[ue->step] == SN_LAB_SERVICE_REQUEST) { /* a new connection */
		ue->values.ran_ue_ngap_id = ue->values.amf_ue_ngap_id = next_id++;
	}
	return true;
}

static void templates_read(void)
{
	for (unsigned e = 0; e < _SN_LAB_EXCHANGE_MAX; e++)
		for (unsigned i = 0; i < sn_lab_exchanges[e].count && i < MAX_MESSAGES; i++) {
			const struct sn_lab_message *m = &sn_lab_exchanges[e].messages[i];

			if (sn_lab_template_read(m->data, m->slots, m->slot_count, &templates[e][i]) < 0) {
				fprintf(stderr, "make_capture: cannot take %s apart\n", sn_lab_exchanges[e].name);
				exit(1);
			}
		}
}

int main(int argc, char **argv)
{
	uint8_t head[24] = { 0 };
	uint64_t ues = argc > 3 ? strtoull(argv[1], NULL, 10) : 0, begun = 0, per_message_us, steps = 0;
	size_t concurrent = argc > 3 ? strtoul(argv[2], NULL, 10) : 0, live = 0;
	struct ue *table;

	if (!ues || !concurrent) {
		fprintf(stderr, "usage: make_capture UES CONCURRENT SECONDS > FILE.pcap\n");
		return 2;
	}
	templates_read();
	for (size_t i = 0; i < SN_ARRAY_SIZE(life); i++)
		steps += sn_lab_exchanges[life[i]].count;
	per_message_us = strtoull(argv[3], NULL, 10) * 1000000 / (ues * steps);
	le32(head, 0xa1b2c3d4);
	head[4] = 2;
	head[6] = 4;
	le32(head + 16, 262144);
	le32(head + 20, 1);
	fwrite(head, sizeof(head), 1, stdout);
	now_us = 1795177000ull * 1000000;
	table = calloc(concurrent, sizeof(*table));
	if (!table)
		return 1;
	for (unsigned gnb = 0; gnb < GNBS; gnb++) {
		struct ue setup = { .gnb = gnb, .values = { .gnb_id = 1 + gnb, .random = 1, .gnb_name = "bench" } };

		for (unsigned i = 0; i < sn_lab_exchanges[SN_LAB_NG_SETUP].count; i++)
			message_write(&setup, SN_LAB_NG_SETUP, i);
	}
	for (; live < concurrent && begun < ues; live++, begun++)
		ue_begin(&table[live]);
	for (size_t i = 0; live; i = i + 1 < live ? i + 1 : 0) {
		now_us += per_message_us;
		if (ue_step(&table[i]))
			continue;
		if (begun < ues) {
			ue_begin(&table[i]);
			begun++;
		} else {
			table[i] = table[--live];
		}
	}
	free(table);
	fprintf(stderr, "%llu messages of %llu UEs\n", (unsigned long long)messages, (unsigned long long)ues);
	return fflush(stdout) == 0 ? 0 : 1;
}
