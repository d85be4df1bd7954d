/* SPDX-License-Identifier: Apache-2.0 */
/** @file Names of the application protocols, their procedures and NGAP's causes; the numbers are the specifications'. */
#include "test.h"

#include "base/macro.h"
#include "codec/ngap.h"

static void test_payload_protocols(void **state)
{
	static const struct {
		uint32_t ppid;
		enum sn_ap protocol;
	} rows[] = {
		{ 60, SN_AP_NGAP }, { 66, SN_AP_NGAP }, { 61, SN_AP_XNAP }, { 67, SN_AP_XNAP }, { 62, SN_AP_F1AP },
		{ 68, SN_AP_F1AP }, { 64, SN_AP_E1AP }, { 69, SN_AP_E1AP }, { 18, SN_AP_S1AP }, { 27, SN_AP_X2AP },
	};
	unsigned known = 0;

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++)
		assert_int_equal(sn_ap_of_ppid(rows[i].ppid), rows[i].protocol);
	for (uint32_t ppid = 0; ppid < 1000; ppid++)
		known += sn_ap_of_ppid(ppid) != SN_AP_UNKNOWN;
	assert_int_equal(known, SN_ARRAY_SIZE(rows));
	assert_int_equal(sn_ap_of_ppid(60u << 24), SN_AP_UNKNOWN); /* in the wrong byte order */
}

static void test_protocols(void **state)
{
	assert_string_equal(sn_ap_name(SN_AP_NGAP), "NGAP");
	assert_string_equal(sn_ap_name(SN_AP_X2AP), "X2AP");
	assert_string_equal(sn_ap_name(SN_AP_UNKNOWN), "unknown");
	assert_string_equal(sn_ap_pdu_name(SN_AP_INITIATING), "initiatingMessage");
	assert_string_equal(sn_ap_pdu_name(SN_AP_UNSUCCESSFUL), "unsuccessfulOutcome");
	assert_string_equal(sn_ap_pdu_name(_SN_AP_PDU_MAX), "unknown");
}

static void test_procedures(void **state)
{
	static const struct {
		enum sn_ap protocol;
		uint8_t code;
		const char *name;
	} rows[] = {
		{ SN_AP_NGAP, SN_NGAP_AMF_CONFIGURATION_UPDATE, "AMFConfigurationUpdate" },
		{ SN_AP_NGAP, SN_NGAP_DOWNLINK_NAS_TRANSPORT, "DownlinkNASTransport" },
		{ SN_AP_NGAP, SN_NGAP_HANDOVER_RESOURCE_ALLOCATION, "HandoverResourceAllocation" },
		{ SN_AP_NGAP, SN_NGAP_INITIAL_CONTEXT_SETUP, "InitialContextSetup" },
		{ SN_AP_NGAP, SN_NGAP_NG_RESET, "NGReset" },
		{ SN_AP_NGAP, SN_NGAP_NG_SETUP, "NGSetup" },
		{ SN_AP_NGAP, SN_NGAP_PATH_SWITCH_REQUEST, "PathSwitchRequest" },
		{ SN_AP_NGAP, SN_NGAP_PDU_SESSION_RESOURCE_MODIFY_INDICATION, "PDUSessionResourceModifyIndication" },
		{ SN_AP_NGAP, SN_NGAP_PDU_SESSION_RESOURCE_NOTIFY, "PDUSessionResourceNotify" },
		{ SN_AP_NGAP, SN_NGAP_REROUTE_NAS_REQUEST, "RerouteNASRequest" },
		{ SN_AP_NGAP, SN_NGAP_UE_CONTEXT_RELEASE_REQUEST, "UEContextReleaseRequest" },
		{ SN_AP_NGAP, SN_NGAP_UPLINK_NAS_TRANSPORT, "UplinkNASTransport" },
		{ SN_AP_NGAP, SN_NGAP_UE_CONTEXT_SUSPEND, "UEContextSuspend" },
		{ SN_AP_NGAP, 75, "BroadcastSessionReleaseRequired" },
		{ SN_AP_XNAP, 0, "handoverPreparation" },
		{ SN_AP_XNAP, 17, "xnSetup" },
		{ SN_AP_XNAP, 49, "partialUEContextTransfer" },
		{ SN_AP_F1AP, 1, "F1Setup" },
		{ SN_AP_F1AP, 13, "ULRRCMessageTransfer" },
		{ SN_AP_F1AP, 81, "PosSystemInformationDeliveryCommand" },
		{ SN_AP_E1AP, 8, "bearerContextSetup" },
		{ SN_AP_E1AP, 38, "MCBearerContextReleaseRequest" },
		{ SN_AP_S1AP, 9, "InitialContextSetup" },
		{ SN_AP_S1AP, 17, "S1Setup" },
		{ SN_AP_X2AP, 6, "x2Setup" },
		{ SN_AP_X2AP, 27, "sgNBAdditionPreparation" },
	};

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++)
		assert_string_equal(sn_ap_procedure_name(rows[i].protocol, rows[i].code), rows[i].name);
}

/** How many procedures each protocol has, none of them twice, and no gap in NGAP's. */
static void test_procedures_complete(void **state)
{
	static const unsigned counts[] = {
		[SN_AP_NGAP] = 76, [SN_AP_XNAP] = 49, [SN_AP_F1AP] = 78, [SN_AP_E1AP] = 39, [SN_AP_S1AP] = 67, [SN_AP_X2AP] = 60
	};

	for (unsigned protocol = 0; protocol < _SN_AP_MAX; protocol++) {
		unsigned count = 0;

		for (unsigned code = 0; code < 256; code++) {
			const char *name = sn_ap_procedure_name(protocol, (uint8_t)code);

			count += name != NULL;
			if (protocol == SN_AP_NGAP)
				assert_int_equal(name != NULL, code < 76);
			for (unsigned other = 0; name && other < code; other++) {
				const char *earlier = sn_ap_procedure_name(protocol, (uint8_t)other);

				assert_true(!earlier || strcmp(name, earlier) != 0);
			}
		}
		assert_int_equal(count, counts[protocol]);
	}
	assert_null(sn_ap_procedure_name(SN_AP_UNKNOWN, 0));
}

static void test_causes(void **state)
{
	static const struct {
		uint8_t group, value;
		const char *name;
	} rows[] = {
		{ 0, 0, "unspecified" },
		{ 0, 21, "radio-connection-with-ue-lost" },
		{ 0, 44, "release-due-to-cn-detected-mobility" },
		{ 0, 45, "n26-interface-not-available" }, /* the first beyond the root */
		{ 0, 56, "misaligned-association-for-multicast-unicast" },
		{ 1, 1, "unspecified" },
		{ 2, 2, "deregister" },
		{ 2, 4, "uE-not-in-PLMN-serving-area" },
		{ 3, 4, "semantic-error" },
		{ 4, 4, "unknown-PLMN-or-SNPN" },
	};
	static const unsigned counts[] = { 57, 2, 5, 7, 6 };

	for (size_t i = 0; i < SN_ARRAY_SIZE(rows); i++)
		assert_string_equal(sn_ngap_cause_name(rows[i].group, rows[i].value), rows[i].name);
	for (unsigned group = 0; group < SN_ARRAY_SIZE(counts); group++)
		for (unsigned value = 0; value < 256; value++)
			assert_int_equal(sn_ngap_cause_name((uint8_t)group, (uint8_t)value) != NULL, value < counts[group]);
	assert_null(sn_ngap_cause_name(5, 0));
	assert_string_equal(sn_ngap_cause_group_name(SN_NGAP_CAUSE_RADIO_NETWORK), "radioNetwork");
	assert_string_equal(sn_ngap_cause_group_name(SN_NGAP_CAUSE_MISC), "misc");
	assert_null(sn_ngap_cause_group_name(5));
}

static void test_establishment_causes(void **state)
{
	assert_string_equal(sn_ngap_establishment_cause_name(0), "emergency");
	assert_string_equal(sn_ngap_establishment_cause_name(3), "mo-Signalling");
	assert_string_equal(sn_ngap_establishment_cause_name(9), "mcs-PriorityAccess");
	assert_string_equal(sn_ngap_establishment_cause_name(10), "notAvailable");
	assert_string_equal(sn_ngap_establishment_cause_name(11), "mo-ExceptionData");
	assert_null(sn_ngap_establishment_cause_name(12));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payload_protocols),
		cmocka_unit_test(test_protocols),
		cmocka_unit_test(test_procedures),
		cmocka_unit_test(test_procedures_complete),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_establishment_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
