/* SPDX-License-Identifier: Apache-2.0 */
/** @file Names of 5GS NAS: every message that has a layout has a name, and the words are those of TS 24.501. */
#include "test.h"

#include "codec/nas_internal.h"

static void test_names(void **state)
{
	unsigned known = 0;

	for (unsigned type = 0; type < 256; type++) {
		assert_int_equal(!sn_nas_message_name(SN_NAS_EPD_5GMM, (uint8_t)type),
				 !sn_nas_layout_find(SN_NAS_EPD_5GMM, (uint8_t)type));
		assert_int_equal(!sn_nas_message_name(SN_NAS_EPD_5GSM, (uint8_t)type),
				 !sn_nas_layout_find(SN_NAS_EPD_5GSM, (uint8_t)type));
		known += !!sn_nas_message_name(SN_NAS_EPD_5GMM, (uint8_t)type);
		known += !!sn_nas_message_name(SN_NAS_EPD_5GSM, (uint8_t)type);
	}
	assert_int_equal(known, 57); /* tables 9.7.1 and 9.7.2 */
	assert_null(sn_nas_message_name(0x07, 0x41));
	assert_string_equal(sn_nas_message_name(SN_NAS_EPD_5GMM, 0x41), "Registration request");
	assert_string_equal(sn_nas_message_name(SN_NAS_EPD_5GMM, 0x47), "Deregistration request (UE terminated)");
	assert_string_equal(sn_nas_message_name(SN_NAS_EPD_5GSM, 0xcb), "PDU session modification command");
	assert_string_equal(sn_nas_cause_name(SN_NAS_EPD_5GMM, 11), "PLMN not allowed");
	assert_string_equal(sn_nas_cause_name(SN_NAS_EPD_5GSM, 27), "Missing or unknown DNN");
	assert_null(sn_nas_cause_name(SN_NAS_EPD_5GMM, 0));
	assert_null(sn_nas_cause_name(SN_NAS_EPD_5GSM, 255));
	assert_string_equal(sn_nas_security_name(SN_NAS_INTEGRITY), "Integrity protected");
	assert_null(sn_nas_security_name(_SN_NAS_SECURITY_MAX));
	assert_string_equal(sn_nas_registration_type_name(SN_NAS_REGISTRATION_PERIODIC), "periodic registration updating");
	assert_null(sn_nas_registration_type_name(0));
	assert_string_equal(sn_nas_cipher_name(SN_NEA2), "NEA2");
	assert_string_equal(sn_nas_cipher_name(SN_NEA_UNKNOWN), "unknown");
}

#define DNN(literal) ((struct sn_view) { (const uint8_t *)(literal), sizeof(literal) - 1 })

static void assert_dnn(struct sn_view dnn, const char *expect)
{
	char text[128];

	assert_string_equal(sn_nas_dnn_text(dnn, text, sizeof(text)), expect);
}

static void test_dnn_text(void **state)
{
	char text[16] = "before";

	assert_dnn(DNN("\x08"
		       "internet"),
		   "internet");
	assert_dnn(DNN("\x03"
		       "ims"
		       "\x06"
		       "mnc001"
		       "\x06"
		       "mcc001"),
		   "ims.mnc001.mcc001");
	assert_dnn(DNN("\x03"
		       "i\x7f\0"),
		   "i\?\?"); /* control characters */
	assert_dnn(DNN("\xff"
		       "ims"),
		   "ims"); /* a label longer than there is */
	assert_dnn(DNN(""), "");
	assert_string_equal(sn_nas_dnn_text(DNN("\x08"
						"internet"),
					    text, 4),
			    "int");
	assert_string_equal(sn_nas_dnn_text(DNN("\x08"
						"internet"),
					    text, 1),
			    "");
	memcpy(text, "before", 7);
	assert_string_equal(sn_nas_dnn_text(DNN("\x08"
						"internet"),
					    text, 0),
			    "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_dnn_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
