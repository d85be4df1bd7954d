/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file The N2 engine: user messages in, whatever tap they came by; procedures, chains, measurements and stories out.
 *
 * What it keeps, by index in pools so that nothing dangles:
 *   association  one gNB's SCTP association with one AMF
 *   connection   one UE-associated logical NG-connection: the pair of UE NGAP ids on one association (TS 38.413 8.1)
 *   UE           a subscriber as far as it can be followed over connections: by SUCI, 5G-S-TMSI, handover
 *   attempt      a procedure or chain that waits for its outcome
 *   cells        the counts, by their labels
 */
#ifndef SN_N2_ENGINE_H
#define SN_N2_ENGINE_H

#include "base/hist.h"
#include "base/map.h"
#include "base/pool.h"
#include "codec/nas.h"
#include "codec/ngap.h"
#include "codec/packet.h"
#include "model/labels.h"
#include "modules/n2/measurements.h"
#include "sauron/diag.h"

struct sn_host;
struct sn_n2_emit;
struct sn_pseudonym;

/** Chains across procedures; their numbers follow the 256 procedure codes, so both are "kinds" of attempts. Append-only. */
enum sn_n2_chain {
	SN_N2_REGISTRATION,
	SN_N2_SERVICE_REQUEST,
	SN_N2_PDU_SESSION_ESTABLISHMENT,
	SN_N2_DEREGISTRATION,
	SN_N2_N2_HANDOVER,
	SN_N2_XN_HANDOVER,
	SN_N2_CONTEXT_RELEASE,
	SN_N2_PAGING,
	_SN_N2_CHAIN_MAX,
};
#define SN_N2_KIND_CHAIN 256u
#define SN_N2_KINDS	 (SN_N2_KIND_CHAIN + _SN_N2_CHAIN_MAX)

/** Steps within a chain, each with its share of the time. */
enum sn_n2_step {
	SN_N2_STEP_IDENTIFICATION,
	SN_N2_STEP_AUTHENTICATION,
	SN_N2_STEP_SECURITY,
	SN_N2_STEP_CONTEXT_SETUP,
	_SN_N2_STEP_MAX,
	SN_N2_STEP_NONE = _SN_N2_STEP_MAX,
	/* Those of a UE context release: how often there was the first tells who triggered it. */
	SN_N2_STEP_RELEASE_REQUESTED = 0,
	SN_N2_STEP_RELEASE_ORDERED = 1,
};

enum sn_n2_outcome {
	SN_N2_SUCCESS,
	SN_N2_FAILURE,
	SN_N2_NO_RESPONSE,
	_SN_N2_OUTCOME_MAX,
};

/** A cause of any protocol in 16 bits: 0 none, else 0x8000 | group << 8 | value. */
enum sn_n2_cause_group {
	/* 0 to 4 are enum sn_ngap_cause_group */
	SN_N2_CAUSE_5GMM = 5,
	SN_N2_CAUSE_5GSM = 6,
	SN_N2_CAUSE_RRC = 7,	/* RRC establishment cause */
	SN_N2_CAUSE_SAURON = 8, /* seen, but carried by no cause element: enum sn_n2_own_cause */
	_SN_N2_CAUSE_GROUP_MAX,
};
enum sn_n2_own_cause {
	SN_N2_OWN_AUTHENTICATION_REJECT,
	SN_N2_OWN_ASSOCIATION_LOST,
	SN_N2_OWN_NG_RESET,
	SN_N2_OWN_SUPERSEDED,
	_SN_N2_OWN_MAX,
};
#define SN_N2_CAUSE(group, value) ((uint16_t)(0x8000u | (unsigned)(group) << 8 | (value)))

/** Why something was not counted as it should be; the stage is in the table of names. Append-only. */
enum sn_n2_loss {
	SN_N2_LOSS_NGAP_MALFORMED,
	SN_N2_LOSS_NGAP_TRUNCATED,
	SN_N2_LOSS_NGAP_LIST_CUT,
	SN_N2_LOSS_NAS_MALFORMED,
	SN_N2_LOSS_NAS_UNKNOWN,
	SN_N2_LOSS_ORPHAN_OUTCOME, /* an outcome whose request was not seen */
	SN_N2_LOSS_LATE_OUTCOME,   /* came after its attempt was counted as "no response" */
	SN_N2_LOSS_UNKNOWN_UE,	   /* a UE-associated message without ids */
	SN_N2_LOSS_UE_EVICTED,	   /* the UE table was full */
	SN_N2_LOSS_ATTEMPT_TABLE,  /* too many attempts wait at once */
	SN_N2_LOSS_ASSOCIATION_TABLE,
	SN_N2_LOSS_SERIES_LIMIT,  /* counted under "other" labels */
	SN_N2_LOSS_DUPLICATE_END, /* the same message seen at its other end: not a loss, counted once */
	SN_N2_LOSS_PPID_UNKNOWN,  /* neither PPID nor port tells the protocol */
	SN_N2_LOSS_FRAME_NOT_IP,
	SN_N2_LOSS_FRAME_MALFORMED,
	SN_N2_LOSS_FRAME_TRUNCATED,
	SN_N2_LOSS_LINKTYPE,
	SN_N2_LOSS_EVENT_MALFORMED, /* a ring record that lies about its length */
	SN_N2_LOSS_PARTIAL_MESSAGE, /* pieces of a user message whose end never came */
	SN_N2_LOSS_CONNECTION_TABLE,
	SN_N2_LOSS_VIEW_TABLE,
	SN_N2_LOSS_MAYBE_DUPLICATE, /* seen at what may be its other end, but nothing proves it: counted twice */
	_SN_N2_LOSS_MAX,
};
struct sn_n2_loss_name {
	const char *stage, *reason;
};
extern const struct sn_n2_loss_name sn_n2_loss_names[_SN_N2_LOSS_MAX];

struct sn_n2_attempt {
	uint64_t start_ns;
	uint64_t step_begin_ns;
	uint64_t step_ns[_SN_N2_STEP_MAX];
	uint32_t owner;		 /* index of the connection, association or UE, by owner_kind */
	uint32_t next;		 /* of the same owner */
	uint32_t earlier, later; /* of the same kind, by start: the expiry queue */
	uint16_t kind;
	uint16_t gnb, amf, slice; /* labels at the start */
	uint16_t plmn, tac;
	uint16_t sessions;  /* bit n: PDU session n was asked for */
	uint8_t owner_kind; /* enum sn_n2_owner */
	uint8_t step;	    /* enum sn_n2_step running */
	uint8_t steps_done; /* bit n: enum sn_n2_step n has ended */
	uint8_t detail;	    /* registration type, PDU session id */
	bool accepted;	    /* the core said yes, the radio has not yet; of a handover: its target is found */
	bool inferred;	    /* begin or end was not read but concluded */
};
enum sn_n2_owner {
	SN_N2_OWNER_CONNECTION,
	SN_N2_OWNER_ASSOCIATION,
	SN_N2_OWNER_UE,
};

struct sn_n2_endpoint {
	struct sn_addr addr; /* one of its addresses */
	uint16_t port;
	uint32_t tag; /* the verification tag that it has chosen (RFC 9260 3.3.2); 0: not known */
	/* Of the process whose socket it is, where that is on this node; 0: not known. */
	uint32_t pid;
	uint64_t cgroup_id;
};

/** Of which procedure how many attempts were given up last, so that an outcome that comes yet is known as late. */
struct sn_n2_expired {
	uint8_t procedure_code, count;
};

struct sn_n2_association {
	uint64_t key; /* of whoever delivers: SCTP engine's id, or 0 for socket taps */
	uint64_t begin_ns, last_ns;
	uint64_t messages;
	struct sn_n2_endpoint gnb_end, amf_end;
	struct sn_ran_node_id ran_node;
	char gnb_name[151], amf_name[151]; /* PrintableString (1..150) */
	uint32_t serial;		   /* of this use of the index */
	uint32_t attempts;
	uint32_t connections, first_connection; /* how many, and the list of them */
	uint32_t twin, twin_serial;		/* another tap shows the same messages under this association; 0: none does */
	uint16_t gnb, amf;			/* labels; none until the first message has been read for names */
	uint8_t protocol;
	uint8_t first_end; /* which end of the deliverer's two is gnb_end, before it is turned */
	struct sn_n2_expired expired;
	bool used, closed, labelled;
	bool oriented; /* a message has shown which end is the AMF */
	bool turned;   /* the deliverer's first end is the AMF */
};

struct sn_n2_flow {
	uint8_t pdu_session_id, qfi, fiveqi;
};
#define SN_N2_UE_FLOWS	  8
#define SN_N2_UE_SESSIONS 16
#define SN_N2_UE_IDENTITY 20

struct sn_n2_connection {
	uint64_t amf_ue_ngap_id;
	uint64_t last_ns;
	uint32_t ran_ue_ngap_id;
	uint32_t association;
	uint32_t ue;
	uint32_t ue_next;			 /* of the same UE: an old context may live on beside the new one */
	uint32_t sibling_next, sibling_previous; /* of the same association */
	uint32_t attempts;
	uint16_t plmn, tac; /* labels of the last user location */
	uint16_t release_cause;
	struct sn_n2_expired expired;
	bool used, has_amf_id, has_ran_id;
	bool answered;		     /* the AMF has replied */
	bool from_eps;		     /* came by a handover from EPS */
	uint8_t establishment_cause; /* 0xfe: sent without one, 0xff: its Initial UE Message was not seen */
};

struct sn_n2_ue {
	uint64_t last_ns;
	uint64_t pseudonym;   /* 0: not computed yet */
	uint64_t tmsi;	      /* packed 5G-S-TMSI + 1, 0: none */
	uint64_t suci_hash;   /* 0: none */
	uint64_t story;	      /* number of its newest story entry + 1 */
	uint32_t connection;  /* in force; 0: idle */
	uint32_t connections; /* all of them */
	uint32_t attempts;
	uint32_t serial;   /* of this use of the index */
	uint16_t sessions; /* bit n: PDU session n is established, as far as seen; without resources while the UE is idle */
	uint16_t slice;	   /* label of the first allowed S-NSSAI */
	uint16_t session_slices[SN_N2_UE_SESSIONS];
	struct sn_n2_flow flows[SN_N2_UE_FLOWS];
	uint8_t flow_next;
	uint8_t cipher; /* enum sn_nas_cipher */
	uint8_t identity_kind, identity_len;
	uint8_t identity[SN_N2_UE_IDENTITY]; /* the identity that the pseudonym is made of */
	bool used, registered;
};

/** What a story is made of; append-only. */
enum sn_n2_story_kind {
	SN_N2_STORY_NGAP,
	SN_N2_STORY_NAS,
	SN_N2_STORY_CIPHERED,
	SN_N2_STORY_OUTCOME,
	SN_N2_STORY_CONNECTION_LOST,
};
struct sn_n2_story {
	uint64_t time_ns;
	uint32_t serial;      /* of the UE */
	uint32_t back;	      /* distance to its entry before this one; 0: none */
	uint32_t duration_us; /* of an outcome */
	uint16_t what;	      /* procedure code, NAS type, kind of attempt */
	uint16_t cause;
	uint16_t gnb; /* label */
	uint8_t kind;
	uint8_t detail; /* enum sn_ap_pdu; NAS security; enum sn_n2_outcome */
	bool uplink;
	bool in_container;
	bool inferred;
	uint8_t epd;
};

struct sn_n2_step_sum {
	uint64_t count, sum_ns;
};
struct sn_n2_procedure_cell {
	uint16_t kind, gnb, amf, slice;
	uint64_t attempts, outcomes[_SN_N2_OUTCOME_MAX], inferred, pending;
	struct sn_hist *hist; /* of successes; NULL until the first */
	struct sn_n2_step_sum steps[_SN_N2_STEP_MAX];
};
struct sn_n2_cause_cell {
	uint16_t kind, gnb, amf, slice, cause;
	uint64_t count;
};
struct sn_n2_measure_cell {
	uint16_t measurement, gnb, amf, slice, plmn, tac, fiveqi, cause;
	uint64_t value;
	uint64_t inferred; /* of the value, how much was concluded and not read */
};

/** A failed procedure or chain, for "why": the newest ones are kept. */
struct sn_n2_failure {
	uint64_t time_ns;
	uint64_t duration_ns;
	uint32_t ue, serial;
	uint16_t kind, gnb, amf, slice, cause;
	uint8_t outcome;
};
#define SN_N2_FAILURES 256

/** Attempts that one connection, association or UE can have waiting; nothing that is well has a tenth of that. */
#define SN_N2_OWNER_ATTEMPTS 64
/** Connections of one UE: one by 3GPP access, one by another, the target of a handover, and what was left behind. */
#define SN_N2_UE_CONNECTIONS 8

struct sn_n2_limits {
	uint32_t max_ues;
	uint32_t max_associations;
	uint32_t max_series;
	uint32_t max_label_values;
	uint32_t story_entries; /* a power of two */
	uint64_t ue_idle_ns;
	uint64_t association_idle_ns;
	uint64_t timeouts_ns[SN_N2_KINDS];
};

struct sn_n2_engine {
	struct sn_n2_limits limits;
	struct sn_pseudonym *pseudonym;
	struct sn_n2_emit *emit; /* NULL: nobody takes single events */
	struct sn_pool associations, connections, ues, attempts;
	struct sn_pool procedure_cells, cause_cells, measure_cells;
	struct sn_map by_key;		/* deliverer's association key → association */
	struct sn_map by_ran_id;	/* (association, RAN-UE-NGAP-ID) → connection */
	struct sn_map by_amf_id;	/* (association, AMF-UE-NGAP-ID) → connection */
	struct sn_map by_tmsi, by_suci; /* → UE */
	struct sn_map procedure_index, cause_index, measure_index;
	struct sn_label_dict gnbs, amfs, slices, plmns, tacs;
	struct sn_map slice_labels, plmn_labels, tac_labels; /* value on the wire → label, so that text is made once */
	struct sn_map gnb_bearers;			     /* a gNB's name → a hash of the node that bears it alone */
	struct {
		uint32_t first, last;
	} queues[SN_N2_KINDS];
	struct sn_n2_story *story;
	uint64_t story_next; /* number of the next entry */
	uint64_t now_ns;
	uint64_t first_ns;
	uint64_t last_sample_ns;
	uint32_t sweep_ue, sweep_association;
	uint32_t serial, association_serial;
	uint64_t messages[_SN_AP_MAX][256][_SN_AP_PDU_MAX];
	uint64_t nas[2][256][_SN_NAS_SECURITY_MAX][2]; /* 5GMM, 5GSM; type; security header; in a container */
	uint64_t nas_ciphered;
	uint64_t cause_elements[_SN_N2_CAUSE_GROUP_MAX][256]; /* every cause element of every message, whatever became of it */
	uint64_t total_messages;
	uint64_t losses[_SN_N2_LOSS_MAX];
	struct sn_hist registration_time[6]; /* by registration type */
	uint64_t registered, sessions;	     /* now */
	uint64_t registered_max, registered_sum, sessions_sum, samples, sessions_max;
	struct sn_n2_failure failures[SN_N2_FAILURES];
	uint64_t failure_count;
	/* The message being taken; static so that nothing large lies on the stack. */
	struct sn_ngap_message ngap;
	struct sn_nas_pdu nas_pdu;
};

/** A user message on its way in. */
struct sn_n2_message {
	struct sn_view data;
	uint64_t time_ns;     /* since 1970 */
	uint32_t association; /* index */
	enum sn_ap protocol;
	bool from_first; /* sent by the end that the association's gnb_end names, as far as known */
	bool truncated;
};

/** @return 0 or -ENOMEM. Released by sn_n2_engine_fini, also when half built. */
int sn_n2_engine_init(struct sn_n2_engine *engine, const struct sn_n2_limits *limits, struct sn_pseudonym *pseudonym);
void sn_n2_engine_fini(struct sn_n2_engine *engine);
/** Takes one whole user message. */
void sn_n2_engine_message(struct sn_n2_engine *engine, const struct sn_n2_message *message);
/** Expires attempts, UEs and associations; samples gauges. */
void sn_n2_engine_tick(struct sn_n2_engine *engine, uint64_t now_ns);

/* association.c */
uint32_t sn_n2_association_new(struct sn_n2_engine *engine, uint64_t key, const struct sn_n2_endpoint *gnb_end,
			       const struct sn_n2_endpoint *amf_end, enum sn_ap protocol, uint64_t time_ns);
/** The association is gone: its connections end, what waits has failed with `cause`. */
void sn_n2_association_close(struct sn_n2_engine *engine, uint32_t index, uint16_t cause, uint64_t time_ns);
void sn_n2_association_forget(struct sn_n2_engine *engine, uint32_t index);
uint32_t sn_n2_association_of_key(struct sn_n2_engine *engine, uint64_t key);
/** Tells which end sent the message being taken, and turns the ends round when the first such message shows that they are the
 * other way. */
bool sn_n2_association_uplink(struct sn_n2_engine *engine, uint32_t index, bool from_first);
/** Takes the names in the message being taken (NG Setup and its response, RAN and AMF configuration update), and labels the
 * association with what is known of it. To be called before anything is counted. */
void sn_n2_association_names(struct sn_n2_engine *engine, uint32_t index, bool uplink);
/** Labels the association by its addresses, unless it has better ones. */
void sn_n2_association_label(struct sn_n2_engine *engine, uint32_t index);
/** NG Setup (8.7.1): what was before it at the same NG-RAN node is gone. */
void sn_n2_association_setup(struct sn_n2_engine *engine, uint32_t index, uint64_t time_ns);
/**
 * Whether two pairs of ends, given in the same order, are of one association as far as their verification tags tell: 1 yes, -1
 * no, 0 they are not known. Tags are random: where one is the same, and nothing differs, the association is.
 */
int sn_n2_tags_compare(const struct sn_n2_endpoint *first, const struct sn_n2_endpoint *second,
		       const struct sn_n2_endpoint *other_first, const struct sn_n2_endpoint *other_second);
/** Whether another tap delivers this association's messages already. */
bool sn_n2_association_is_twin(struct sn_n2_engine *engine, uint32_t index);
/** NG Reset (TS 38.413 8.7.4): of all or of the listed connections. */
void sn_n2_association_reset(struct sn_n2_engine *engine, uint32_t index, uint64_t time_ns);
void sn_n2_association_sweep(struct sn_n2_engine *engine);

/* ue.c */
uint32_t sn_n2_connection_of_message(struct sn_n2_engine *engine, uint32_t association, bool uplink, uint64_t time_ns);
uint32_t sn_n2_connection_new(struct sn_n2_engine *engine, uint32_t association, uint32_t ue, uint64_t time_ns);
void sn_n2_connection_set_ids(struct sn_n2_engine *engine, uint32_t index, const uint64_t *amf_id, const uint32_t *ran_id);
void sn_n2_connection_close(struct sn_n2_engine *engine, uint32_t index, uint16_t cause, uint64_t time_ns);
uint32_t sn_n2_ue_new(struct sn_n2_engine *engine, uint64_t time_ns);
void sn_n2_ue_remove(struct sn_n2_engine *engine, uint32_t index);
/** Removes a UE that has no connection and has shown nothing by which it could be known again. */
void sn_n2_ue_forget_nobody(struct sn_n2_engine *engine, uint32_t index);
uint32_t sn_n2_ue_of_tmsi(struct sn_n2_engine *engine, const struct sn_s_tmsi *tmsi);
/** Notes an identity that a UE showed; returns the UE to go on with (another one, when the identity was known). */
uint32_t sn_n2_ue_identify(struct sn_n2_engine *engine, uint32_t ue, const struct sn_nas_message *nas);
void sn_n2_ue_assign_tmsi(struct sn_n2_engine *engine, uint32_t ue, const struct sn_s_tmsi *tmsi);
uint64_t sn_n2_ue_pseudonym(struct sn_n2_engine *engine, struct sn_n2_ue *ue);
/** The identity as text when the configuration says `clear`, else the pseudonym. */
void sn_n2_ue_text(struct sn_n2_engine *engine, struct sn_n2_ue *ue, char *ret_text, size_t size);
void sn_n2_ue_sweep(struct sn_n2_engine *engine);
void sn_n2_ue_session_set(struct sn_n2_engine *engine, struct sn_n2_ue *ue, uint8_t pdu_session_id, bool active);
void sn_n2_ue_registered_set(struct sn_n2_engine *engine, struct sn_n2_ue *ue, bool registered);

/* attempt.c */
struct sn_n2_where {
	uint32_t association;
	uint32_t connection; /* may be 0 */
	uint32_t ue;	     /* may be 0 */
};
/** @return 0 when it cannot be followed, which is counted. */
uint32_t sn_n2_attempt_begin(struct sn_n2_engine *engine, unsigned kind, enum sn_n2_owner owner, const struct sn_n2_where *where,
			     uint64_t time_ns);
/** The oldest waiting attempt of a kind of an owner; `detail` other than -1 must match. 0: none. */
uint32_t sn_n2_attempt_find(struct sn_n2_engine *engine, unsigned kind, enum sn_n2_owner owner, uint32_t index, int detail);
void sn_n2_attempt_end(struct sn_n2_engine *engine, uint32_t index, enum sn_n2_outcome outcome, uint16_t cause, uint64_t time_ns);
void sn_n2_attempt_step_begin(struct sn_n2_engine *engine, uint32_t index, enum sn_n2_step step, uint64_t time_ns);
void sn_n2_attempt_step_end(struct sn_n2_engine *engine, uint32_t index, enum sn_n2_step step, uint64_t time_ns);
/** Ends all that an owner waits for. */
void sn_n2_attempts_end_all(struct sn_n2_engine *engine, enum sn_n2_owner owner, uint32_t index, enum sn_n2_outcome outcome,
			    uint16_t cause, uint64_t time_ns);
void sn_n2_attempts_expire(struct sn_n2_engine *engine, uint64_t now_ns);
/** Ends all that wait, now. */
void sn_n2_attempts_give_up(struct sn_n2_engine *engine);
/** The UE's attempts go on as another's: it has turned out to be that one. */
void sn_n2_attempts_move(struct sn_n2_engine *engine, uint32_t from_ue, uint32_t into_ue);
/** What waits on an association is counted under its new labels: NG Setup under the name that its response brings. */
void sn_n2_attempts_relabel(struct sn_n2_engine *engine, uint32_t association);
struct sn_n2_procedure_cell *sn_n2_procedure_cell(struct sn_n2_engine *engine, unsigned kind, uint16_t gnb, uint16_t amf,
						  uint16_t slice);

/* measurements.c */
struct sn_n2_measure {
	enum sn_n2_measurement measurement;
	uint16_t slice, cause;
	uint16_t fiveqi;
	bool inferred;
};
void sn_n2_measure(struct sn_n2_engine *engine, const struct sn_n2_where *where, const struct sn_n2_measure *measure);
/** From an attempt's own labels, when the place may be gone. */
void sn_n2_measure_attempt(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt, const struct sn_n2_measure *measure);

uint16_t sn_n2_label_slice(struct sn_n2_engine *engine, const struct sn_snssai *snssai);
uint16_t sn_n2_label_plmn(struct sn_n2_engine *engine, sn_plmn_t plmn);
uint16_t sn_n2_label_tac(struct sn_n2_engine *engine, uint32_t tac);

/* flow_ngap.c, flow_nas.c, flow_session.c, flow_mobility.c: what the message being taken (engine->ngap, engine->nas_pdu) means */
void sn_n2_flow_ngap(struct sn_n2_engine *engine, const struct sn_n2_where *where, bool uplink, uint64_t time_ns);
/** May find that the UE is another one, known by its identity: where->ue changes then. */
void sn_n2_flow_nas(struct sn_n2_engine *engine, struct sn_n2_where *where, bool uplink, uint64_t time_ns);
void sn_n2_flow_sessions(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns);
void sn_n2_flow_mobility(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns);
/** The UE of a Handover Request at its target; 0 when no handover waits. */
uint32_t sn_n2_mobility_target_ue(struct sn_n2_engine *engine, uint32_t association);
/** The UE of a Path Switch Request, by its AMF UE NGAP id at the source; 0 when not known. */
uint32_t sn_n2_mobility_path_switch_ue(struct sn_n2_engine *engine, uint32_t association, uint64_t source_amf_ue_ngap_id);
void sn_n2_registration_succeeded(struct sn_n2_engine *engine, uint32_t attempt, uint16_t slice, bool inferred, uint64_t time_ns);
/** Concludes what ciphered NAS did not say: registration, service request and deregistration by what NGAP shows. */
void sn_n2_infer_context_setup(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint64_t time_ns);
void sn_n2_infer_release(struct sn_n2_engine *engine, const struct sn_n2_where *where, uint16_t cause, uint64_t time_ns);

/* story.c */
void sn_n2_story_add(struct sn_n2_engine *engine, uint32_t ue, const struct sn_n2_story *entry);
/** Puts the whole story of one UE behind that of another. */
void sn_n2_story_move(struct sn_n2_engine *engine, uint32_t from_ue, uint32_t into_ue);
/** Walks a UE's story from the newest entry back. @return false when there is none before it (or it was overwritten). */
bool sn_n2_story_back(const struct sn_n2_engine *engine, uint64_t *cursor, const struct sn_n2_story **ret_entry);

/* emit.c: all but the first do nothing when nobody takes single events */
/** Sends single events to the host's `emit` from now on; with `signals` each message of a UE, too. @return 0 or -ENOMEM. */
int sn_n2_emit_new(struct sn_n2_engine *engine, struct sn_host *host, bool signals);
void sn_n2_emit_signals(struct sn_n2_engine *engine, bool signals);
void sn_n2_emit_signal(struct sn_n2_engine *engine, uint32_t association, uint32_t ue, const struct sn_n2_story *entry);
void sn_n2_emit_outcome(struct sn_n2_engine *engine, const struct sn_n2_attempt *attempt, uint32_t ue, enum sn_n2_outcome outcome,
			uint16_t cause, uint64_t time_ns);
/** What waits of one UE is the other's: it has turned out to be that one. */
void sn_n2_emit_move(struct sn_n2_engine *engine, uint32_t from_ue, uint32_t into_ue);
/** Sends what has waited long enough; UINT64_MAX: everything. */
void sn_n2_emit_tick(struct sn_n2_engine *engine, uint64_t now_ns);
void sn_n2_emit_free(struct sn_n2_engine *engine);

/* names.c */
/** "10.0.0.1:38412", "[2001:db8::1]:38412". */
void sn_n2_endpoint_text(const struct sn_n2_endpoint *end, char *ret_text, size_t size);
/** "999-70/00000001": PLMN and the id in as many digits as it has; "" when not present. */
void sn_n2_ran_node_text(const struct sn_ran_node_id *node, char *ret_text, size_t size);
const char *sn_n2_kind_name(unsigned kind);
const char *sn_n2_step_name(unsigned kind, enum sn_n2_step step);
const char *sn_n2_outcome_name(enum sn_n2_outcome outcome);
const char *sn_n2_cause_group_text(uint16_t cause);
/** The name, or the number as text in `buffer` (16 bytes). */
const char *sn_n2_cause_text(uint16_t cause, char buffer[16]);
uint16_t sn_n2_cause_of(const struct sn_ngap_cause *cause);
/** Whether a procedure has an outcome (class 1, TS 38.413 clause 8.1). */
bool sn_n2_procedure_has_outcome(uint8_t procedure_code);
/** Who sends a procedure's initiating message: 1 the NG-RAN node, 2 the AMF, 3 either, 0 not told. */
unsigned sn_n2_procedure_initiator(uint8_t procedure_code);

#endif
