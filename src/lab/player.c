/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The virtual core and RAN: a queue of UEs by the time of their next message. A UE plays one exchange after the other, as
 * its scenario says; its identifiers are fresh and stay its own as those of a real UE would.
 */
#include "lab/player.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/macro.h"
#include "lab/net.h"
#include "lab/rewrite.h"

#define DEFAULT_GNBS		     3
#define MAX_CONCURRENT		     512 /* UEs at once when it goes as fast as it can */
#define NTP_EPOCH		     2208988800u
#define PROCEDURE_INITIAL_UE_MESSAGE 15
#define PDU_UNSUCCESSFUL	     0x40

struct ue {
	uint64_t number; /* of this run, from 0 */
	uint64_t amf_ue_ngap_id;
	uint64_t batch; /* the batch its last message went into */
	uint32_t ran_ue_ngap_id;
	uint32_t tmsi, new_tmsi;
	uint32_t next_free;
	uint8_t gnb;
	uint8_t state, next_state;
	uint8_t exchange, message; /* what comes next */
	uint8_t cause;
	bool is_gnb; /* no UE: the NG Setup of its gNB */
};

struct entry {
	uint64_t due_ns;
	uint32_t ue;
};

struct player {
	const struct sn_lab_options *options;
	const struct sn_lab_scenario *scenario;
	const struct sn_lab_transport_ops *ops;
	struct sn_lab_transport *transport;
	struct sn_lab_summary *summary;
	struct sn_diag *reterr;

	struct ue *ues;
	uint32_t ue_size, first_free, active;
	struct entry *heap;
	uint32_t heap_count;

	bool max_speed;
	double rate;
	uint64_t limit; /* UEs; 0: none */
	uint64_t random;
	uint64_t now_ns, start_ns, next_arrival_ns, turn;
	uint64_t batch;
	bool queued; /* something waits for a flush */
	uint32_t timestamp;
	unsigned setups; /* NG Setups under way */
	uint64_t msin_base, next_amf_id;
	uint32_t next_tmsi;
	uint32_t next_ran_id[SN_LAB_MAX_GNBS];
	unsigned gnbs, all_gnbs; /* with and without the refused one */
	uint32_t weights[_SN_LAB_STATE_MAX];

	struct sn_lab_template templates[_SN_LAB_EXCHANGE_MAX][SN_LAB_MAX_MESSAGES];
	bool gives_tmsi[_SN_LAB_EXCHANGE_MAX];
};

#define NO_UE UINT32_MAX

static volatile sig_atomic_t stop_wanted;

static void on_signal(int signal)
{
	(void)signal;
	stop_wanted = 1;
}

static uint64_t monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SN_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

/* -- chance --------------------------------------------------------------------------------------------------------------------
 */

static uint64_t random_next(struct player *p)
{
	p->random ^= p->random >> 12;
	p->random ^= p->random << 25;
	p->random ^= p->random >> 27;
	return p->random * 0x2545f4914f6cdd1dull;
}

/** Uniform in (0, 1]. */
static double random_unit(struct player *p)
{
	return (double)((random_next(p) >> 11) + 1) / 9007199254740992.0;
}

static double random_exponential(struct player *p, double mean)
{
	return -log(random_unit(p)) * mean;
}

/* -- the queue: a binary heap by time ------------------------------------------------------------------------------------------
 */

static void queue_put(struct player *p, uint32_t ue, uint64_t due_ns)
{
	uint32_t i = p->heap_count++;

	for (; i && p->heap[(i - 1) / 2].due_ns > due_ns; i = (i - 1) / 2)
		p->heap[i] = p->heap[(i - 1) / 2];
	p->heap[i] = (struct entry) { due_ns, ue };
}

static uint32_t queue_take(struct player *p)
{
	uint32_t ue = p->heap[0].ue, i = 0, child;
	struct entry last = p->heap[--p->heap_count];

	while ((child = 2 * i + 1) < p->heap_count) {
		if (child + 1 < p->heap_count && p->heap[child + 1].due_ns < p->heap[child].due_ns)
			child++;
		if (p->heap[child].due_ns >= last.due_ns)
			break;
		p->heap[i] = p->heap[child];
		i = child;
	}
	p->heap[i] = last;
	return ue;
}

/** When a UE speaks again. At full speed all take turns. */
static uint64_t due_after(struct player *p, double wait_ns)
{
	return p->max_speed ? ++p->turn : p->now_ns + (uint64_t)wait_ns;
}

/* -- UEs -----------------------------------------------------------------------------------------------------------------------
 */

static int ue_grow(struct player *p)
{
	uint32_t size = p->ue_size ? p->ue_size * 2 : 1024;
	struct entry *heap = realloc(p->heap, size * sizeof(*heap));
	struct ue *ues;

	if (!heap)
		return -ENOMEM;
	p->heap = heap;
	ues = realloc(p->ues, size * sizeof(*ues));
	if (!ues)
		return -ENOMEM;
	p->ues = ues;
	for (uint32_t i = size; i-- > p->ue_size;) {
		ues[i].next_free = p->first_free;
		p->first_free = i;
	}
	p->ue_size = size;
	return 0;
}

static int ue_new(struct player *p, uint32_t *ret_ue)
{
	int r = p->first_free == NO_UE ? ue_grow(p) : 0;
	uint32_t id = 0;

	if (r < 0)
		return sn_diag_set(p->reterr, r, "out of memory with %u UEs", p->active);
	id = p->first_free;
	p->first_free = p->ues[id].next_free;
	p->ues[id] = (struct ue) { .batch = UINT64_MAX };
	*ret_ue = id;
	return 0;
}

static void ue_free(struct player *p, uint32_t id)
{
	p->ues[id].next_free = p->first_free;
	p->first_free = id;
}

/** Chooses among the steps from the UE's state, by their weight, and queues the UE for its time. */
static void ue_plan(struct player *p, uint32_t id)
{
	struct ue *ue = &p->ues[id];
	const struct sn_lab_step *step = p->scenario->steps;
	uint32_t pick;

	if (ue->state == SN_LAB_STATE_GONE || !p->weights[ue->state]) {
		p->summary->finished++;
		p->active--;
		ue_free(p, id);
		return;
	}
	pick = (uint32_t)(random_next(p) % p->weights[ue->state]);
	for (;; step++) {
		if (step->from != ue->state)
			continue;
		if (pick < step->weight)
			break;
		pick -= step->weight;
	}
	ue->exchange = step->exchange;
	ue->next_state = step->to;
	ue->message = 0;
	queue_put(p, id, due_after(p, step->wait_ms ? random_exponential(p, step->wait_ms * 1e6) : 0));
}

static int ue_arrive(struct player *p)
{
	uint32_t id = 0;
	int r = ue_new(p, &id);

	if (r < 0)
		return r;
	p->ues[id].number = p->summary->arrived++;
	p->ues[id].gnb = (uint8_t)(random_next(p) % p->gnbs);
	p->ues[id].state = SN_LAB_STATE_OFF;
	p->active++;
	ue_plan(p, id);
	return 0;
}

/* -- messages ------------------------------------------------------------------------------------------------------------------
 */

static void values_of(const struct player *p, const struct ue *ue, struct sn_lab_values *v)
{
	*v = (struct sn_lab_values) {
		.amf_ue_ngap_id = ue->amf_ue_ngap_id,
		.ran_ue_ngap_id = ue->ran_ue_ngap_id,
		.tmsi = ue->tmsi,
		.new_tmsi = ue->new_tmsi,
		.msin = (p->msin_base + ue->number) % 10000000000ull,
		.serial = (uint32_t)((p->msin_base + ue->number) % 1000000),
		.gnb_n3 = SN_LAB_N3_GNB + ue->gnb,
		.gnb_id = ue->gnb + 1u,
		.cell = (uint64_t)(ue->gnb + 1u) << 4 | (ue->number % 3),
		.timestamp = p->timestamp,
	};
	for (uint32_t session = 1; session <= 2; session++) {
		uint32_t n = (uint32_t)(ue->number * 2 + session - 1);

		v->ue_ip[session] = SN_LAB_UE_POOL + 2 + n % 65000;
		v->upf_teid[session] = (n + 1) * 0x9e3779b1u; /* an odd factor: no two alike */
		v->gnb_teid[session] = (uint32_t)(ue->gnb + 1) << 24 | ((ue->ran_ue_ngap_id * 2 + session - 1) & 0xffffff);
	}
}

static int wire_flush(struct player *p)
{
	int r = p->ops->flush(p->transport);

	p->batch++;
	p->queued = false;
	return r < 0 ? sn_diag_set(p->reterr, r, "N2 failed: %s", strerror(-r)) : 0;
}

/** What has to be known before message `m` goes out: a UE gets new identifiers when it comes to a gNB. */
static void identifiers_renew(struct player *p, struct ue *ue, const struct sn_lab_message *m)
{
	if (ue->message == 0) {
		ue->new_tmsi = 0xc0000000u | (p->next_tmsi++ * 0x9e3779b1u & 0x3fffffffu);
		if (ue->state == SN_LAB_STATE_IDLE && random_next(p) % 10 == 0) /* it has moved */
			ue->gnb = (uint8_t)(random_next(p) % p->gnbs);
		if (ue->exchange == SN_LAB_CONTEXT_SETUP_FAILURE || ue->exchange == SN_LAB_SERVICE_REQUEST_FAILURE) {
			uint32_t pick = (uint32_t)(random_next(p) % 100);

			for (ue->cause = 0; ue->cause < SN_LAB_CAUSES - 1 && pick >= sn_lab_setup_causes[ue->cause].weight;
			     ue->cause++)
				pick -= sn_lab_setup_causes[ue->cause].weight;
		}
	}
	if (m->data.data[1] == PROCEDURE_INITIAL_UE_MESSAGE) {
		ue->ran_ue_ngap_id = ++p->next_ran_id[ue->gnb];
		ue->amf_ue_ngap_id = ++p->next_amf_id;
	}
}

static int message_send(struct player *p, struct ue *ue, bool join)
{
	const struct sn_lab_message *m = &sn_lab_exchanges[ue->exchange].messages[ue->message];
	struct sn_lab_values values;
	char gnb_name[32];
	uint8_t data[2048];
	size_t len;
	int r;

	/* Both ends' packets of a batch leave one after the other: what answers must not be in the batch of what it answers. */
	if (ue->batch == p->batch && !join) {
		r = wire_flush(p);
		if (r < 0)
			return r;
	}
	identifiers_renew(p, ue, m);
	values_of(p, ue, &values);
	values.random = random_next(p) | 1;
	if (ue->is_gnb) {
		snprintf(gnb_name, sizeof(gnb_name), "lab-gnb-%u", ue->gnb + 1u);
		values.gnb_name = gnb_name;
	}
	if (m->data.data[0] == PDU_UNSUCCESSFUL && !ue->is_gnb) {
		values.set_cause = true;
		values.cause_group = sn_lab_setup_causes[ue->cause].group;
		values.cause_value = sn_lab_setup_causes[ue->cause].value;
		p->summary->causes[ue->cause]++;
	}
	r = sn_lab_template_write(&p->templates[ue->exchange][ue->message], &values, data, sizeof(data), &len);
	if (!r)
		r = p->ops->send(p->transport, ue->gnb, m->from_amf,
				 m->stream ? (uint16_t)(1 + ue->number % (SN_LAB_STREAMS - 1)) : 0,
				 (struct sn_view) { data, len }, join);
	if (r < 0)
		return sn_diag_set(p->reterr, r, "cannot send %s over N2: %s", m->procedure, strerror(-r));
	ue->batch = p->batch;
	p->queued = true;
	p->summary->messages++;
	p->summary->sent[ue->exchange][ue->message++]++;
	return 0;
}

/** The exchange is through: the UE is where it leads. */
static int exchange_end(struct player *p, uint32_t id)
{
	struct ue *ue = &p->ues[id];
	int r = 0;

	p->summary->completed[ue->exchange]++;
	if (p->gives_tmsi[ue->exchange])
		ue->tmsi = ue->new_tmsi;
	ue->state = ue->next_state;
	if (!ue->is_gnb) {
		ue_plan(p, id);
		return 0;
	}
	p->setups--;
	if (ue->exchange == SN_LAB_NG_SETUP_REFUSED) {
		r = wire_flush(p);
		if (!r)
			r = p->ops->shutdown(p->transport, ue->gnb);
	}
	ue_free(p, id);
	return r;
}

/** Its time has come: sends the UE's next message, and with it those that were recorded in the same packet. */
static int ue_speak(struct player *p, uint32_t id)
{
	struct ue *ue = &p->ues[id];
	const struct sn_lab_exchange *exchange;
	bool join = false;
	int r;

	if (ue->exchange == SN_LAB_NOTHING) {
		ue->state = ue->next_state;
		ue_plan(p, id);
		return 0;
	}
	exchange = &sn_lab_exchanges[ue->exchange];
	if (!ue->message)
		p->summary->begun[ue->exchange]++;
	do {
		r = message_send(p, ue, join);
		if (r < 0)
			return r;
		if (ue->message == exchange->count)
			return exchange_end(p, id);
		join = !exchange->messages[ue->message].delay_us &&
		       exchange->messages[ue->message].from_amf == exchange->messages[ue->message - 1].from_amf;
	} while (join);
	/* Recorded times vary about their value as those of a loaded core do: never below half, seldom above twice. */
	queue_put(p, id,
		  due_after(p, exchange->messages[ue->message].delay_us * 1e3 * (0.5 + SN_MIN(random_exponential(p, 0.5), 3.5))));
	return 0;
}

/* -- setting out ---------------------------------------------------------------------------------------------------------------
 */

static int templates_read(struct player *p)
{
	for (int e = 0; e < _SN_LAB_EXCHANGE_MAX; e++) {
		const struct sn_lab_exchange *exchange = &sn_lab_exchanges[e];

		for (unsigned i = 0; i < exchange->count; i++) {
			const struct sn_lab_message *m = &exchange->messages[i];

			if (i >= SN_LAB_MAX_MESSAGES ||
			    sn_lab_template_read(m->data, m->slots, m->slot_count, &p->templates[e][i]) < 0)
				return sn_diag_set(p->reterr, -EBADMSG, "message %u of exchange %s cannot be rewritten", i,
						   exchange->name);
			for (unsigned s = 0; s < m->slot_count; s++)
				p->gives_tmsi[e] |= m->slots[s].kind == SN_LAB_SLOT_NEW_TMSI;
		}
	}
	return 0;
}

int sn_lab_options_check(const struct sn_lab_options *o, struct sn_diag *reterr)
{
	if (!o->scenario || !sn_lab_scenario_find(o->scenario))
		return sn_diag_set(reterr, -EINVAL, "there is no scenario “%s”: sauron lab run --list names them",
				   o->scenario ? o->scenario : "");
	if (o->gnbs >= SN_LAB_MAX_GNBS)
		return sn_diag_set(reterr, -EINVAL, "%u gNBs are too many: 1 to %d", o->gnbs, SN_LAB_MAX_GNBS - 1);
	if (isnan(o->rate) || o->rate < 0 || (o->rate && !isinf(o->rate) && (o->rate < 0.001 || o->rate > 1e6)))
		return sn_diag_set(reterr, -EINVAL, "the rate has to be between 0.001 and 1,000,000 UEs per second, or max");
	return sn_lab_place_check(&o->place, reterr);
}

static int transport_choose(struct player *p)
{
	enum sn_lab_transport_kind kind = p->options->transport;
	bool sctp = kind != SN_LAB_TRANSPORT_PACKETS && sn_lab_kernel_has_sctp();

	if (kind == SN_LAB_TRANSPORT_SCTP && !sctp)
		return sn_diag_set(p->reterr, -EPROTONOSUPPORT,
				   "this kernel has no SCTP (module sctp): leave --transport out to play packets");
	p->ops = sctp ? &sn_lab_sockets : &sn_lab_packets;
	return 0;
}

static int player_init(struct player *p)
{
	const struct sn_lab_options *o = p->options;

	p->first_free = NO_UE;
	p->scenario = sn_lab_scenario_find(o->scenario);
	p->max_speed = isinf(o->rate);
	p->rate = o->rate ? o->rate : p->scenario->rate;
	p->limit = o->ues == UINT64_MAX ? 0 : o->ues ? o->ues : p->scenario->ues;
	p->gnbs = o->gnbs ? o->gnbs : DEFAULT_GNBS;
	p->all_gnbs = p->gnbs + p->scenario->refused_gnb;
	p->random = o->seed;
	if (!p->random && getrandom(&p->random, sizeof(p->random), 0) != sizeof(p->random))
		return sn_diag_set(p->reterr, -EIO, "no random numbers");
	p->random |= 1;
	p->msin_base = random_next(p) % 10000000000ull;
	p->next_tmsi = (uint32_t)random_next(p);
	for (unsigned i = 0; i < p->scenario->step_count; i++)
		p->weights[p->scenario->steps[i].from] += p->scenario->steps[i].weight;
	p->summary->scenario = p->scenario->name;
	p->summary->gnbs = p->gnbs;
	return templates_read(p);
}

static int gnbs_start(struct player *p)
{
	for (unsigned gnb = 0; gnb < p->all_gnbs; gnb++) {
		uint32_t id = 0;
		int r = p->ops->associate(p->transport, gnb, p->reterr);

		if (!r)
			r = ue_new(p, &id);
		if (r < 0)
			return r;
		p->ues[id].is_gnb = true;
		p->ues[id].gnb = (uint8_t)gnb;
		p->ues[id].exchange = gnb < p->gnbs ? SN_LAB_NG_SETUP : SN_LAB_NG_SETUP_REFUSED;
		p->setups++;
		queue_put(p, id, due_after(p, gnb * 20e6));
	}
	return 0;
}

/* -- the loop ------------------------------------------------------------------------------------------------------------------
 */

static bool arrivals_over(const struct player *p)
{
	return p->limit && p->summary->arrived >= p->limit;
}

static int arrivals_do(struct player *p)
{
	int r = 0;

	if (p->setups)
		return 0;
	if (p->max_speed) {
		while (!r && !arrivals_over(p) && p->active < MAX_CONCURRENT)
			r = ue_arrive(p);
		return r;
	}
	if (!p->next_arrival_ns)
		p->next_arrival_ns = p->now_ns;
	while (!r && !arrivals_over(p) && p->next_arrival_ns <= p->now_ns) {
		r = ue_arrive(p);
		p->next_arrival_ns += (uint64_t)random_exponential(p, 1e9 / p->rate);
	}
	return r;
}

/** Lets all speak whose time has come; at full speed, one round. */
static int turns_do(struct player *p)
{
	uint64_t until = p->max_speed ? p->turn : p->now_ns;
	int r = 0;

	while (!r && p->heap_count && p->heap[0].due_ns <= until)
		r = ue_speak(p, queue_take(p));
	if (!r && p->queued)
		r = wire_flush(p);
	return r;
}

/** Sleeps until `due_ns`, a signal, or something to read. Signals are let in only here. */
static void wait_until(struct player *p, uint64_t due_ns, const sigset_t *open_mask)
{
	struct pollfd fd = { .fd = p->ops->descriptor(p->transport), .events = POLLIN };
	uint64_t now_ns = monotonic_ns(), ns = due_ns > now_ns ? due_ns - now_ns : 0;
	struct timespec timeout = { (time_t)(ns / SN_NSEC_PER_SEC), (long)(ns % SN_NSEC_PER_SEC) };

	(void)ppoll(&fd, fd.fd >= 0, &timeout, open_mask);
}

static uint64_t next_due(const struct player *p, uint64_t transport_due_ns, uint64_t end_ns, uint64_t progress_ns)
{
	uint64_t due_ns = SN_MIN(SN_MIN(transport_due_ns, end_ns), progress_ns);

	if (p->max_speed)
		return 0;
	if (p->heap_count)
		due_ns = SN_MIN(due_ns, p->heap[0].due_ns);
	if (!p->setups && !arrivals_over(p))
		due_ns = SN_MIN(due_ns, p->next_arrival_ns);
	return due_ns;
}

static int loop(struct player *p, sn_lab_progress_fn *progress, void *ctx, const sigset_t *open_mask)
{
	uint64_t end_ns = p->options->duration_ns ? p->start_ns + p->options->duration_ns : UINT64_MAX, progress_ns = p->start_ns;
	uint64_t transport_due_ns;
	int r;

	while (!stop_wanted) {
		p->now_ns = monotonic_ns();
		if (p->now_ns >= end_ns || (!p->heap_count && arrivals_over(p)))
			return 0;
		p->timestamp = (uint32_t)time(NULL) + NTP_EPOCH;
		r = arrivals_do(p);
		if (!r)
			r = turns_do(p);
		if (!r)
			r = p->ops->tick(p->transport, p->now_ns, &transport_due_ns);
		if (r < 0)
			return r;
		if (p->now_ns >= progress_ns) {
			p->summary->duration_ns = p->now_ns - p->start_ns;
			if (progress)
				progress(ctx, p->summary, p->active);
			progress_ns = p->now_ns + SN_NSEC_PER_SEC;
		}
		wait_until(p, next_due(p, transport_due_ns, end_ns, progress_ns), open_mask);
	}
	return 0;
}

/** SIGINT, SIGTERM and SIGHUP end the play; they are held back except while it waits. */
static void signals_take(sigset_t *ret_old_mask, sigset_t *ret_open_mask)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t mask;

	stop_wanted = 0;
	sigemptyset(&mask);
	for (size_t i = 0; i < SN_ARRAY_SIZE(signals); i++)
		sigaddset(&mask, signals[i]);
	sigprocmask(SIG_BLOCK, &mask, ret_old_mask);
	*ret_open_mask = *ret_old_mask;
	for (size_t i = 0; i < SN_ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &action, NULL);
		sigdelset(ret_open_mask, signals[i]);
	}
}

int sn_lab_play(const struct sn_lab_options *options, sn_lab_progress_fn *progress, void *ctx, struct sn_lab_summary *ret_summary,
		struct sn_diag *reterr)
{
	SN_AUTO_FREE struct player *p = calloc(1, sizeof(*p));
	SN_AUTO_FD int claim = -1;
	sigset_t old_mask, open_mask;
	int r;

	*ret_summary = (struct sn_lab_summary) { 0 };
	if (!p)
		return sn_diag_set(reterr, -ENOMEM, "out of memory");
	p->options = options;
	p->summary = ret_summary;
	p->reterr = reterr;
	r = sn_lab_options_check(options, reterr);
	if (!r)
		r = player_init(p);
	if (!r)
		r = transport_choose(p);
	if (!r)
		r = sn_lab_claim(&options->place, options->scenario, &claim, reterr);
	if (r < 0)
		return r;
	signals_take(&old_mask, &open_mask);
	r = p->ops->open(&options->place, p->all_gnbs, random_next(p) | 1, &p->transport, reterr);
	if (!r) {
		ret_summary->transport = p->ops->name;
		p->now_ns = p->start_ns = monotonic_ns();
		r = gnbs_start(p);
		if (!r)
			r = loop(p, progress, ctx, &open_mask);
		ret_summary->duration_ns = monotonic_ns() - p->start_ns;
		for (unsigned gnb = 0; r >= 0 && gnb < p->all_gnbs; gnb++)
			(void)p->ops->shutdown(p->transport, gnb);
		p->ops->traffic(p->transport, &ret_summary->traffic);
	}
	p->ops->close(p->transport);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	free(p->ues);
	free(p->heap);
	return r;
}
