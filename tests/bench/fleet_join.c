/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Certificates of a whole fleet, by the controller's own CA, before it starts.
 *
 *   fleet_join STATE TOKENS DIRECTORY
 *
 * For each node of the lines "NODE …" of TOKENS writes DIRECTORY/NODE.pem; all share the key DIRECTORY/key.pem.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "controller/ca.h"
#include "http/pki.h"

static int fail(const struct sn_diag *diag)
{
	fprintf(stderr, "fleet_join: %s\n", diag->text);
	return 1;
}

static int join(struct sn_ca *ca, const char *request, const char *node, const char *directory, struct sn_diag *reterr)
{
	char *certificate = NULL, path[4096];
	int err = sn_ca_sign_agent(ca, node, (struct sn_view) { (const uint8_t *)request, strlen(request) }, /* renew= */ false,
				   &certificate, reterr);

	snprintf(path, sizeof(path), "%s/%s.pem", directory, node);
	if (!err)
		err = sn_pki_file_write(path, certificate, 0600, reterr);
	free(certificate);
	return err;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "127.0.0.1", "localhost", NULL };
	char *request = NULL, *key = NULL, node[256], path[4096];
	struct sn_diag diag = { 0 };
	struct sn_ca *ca = NULL;
	FILE *file = argc == 4 ? fopen(argv[2], "re") : NULL;
	int err;

	if (!file) {
		fprintf(stderr, "fleet_join: STATE TOKENS DIRECTORY\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/key.pem", argv[3]);
	err = sn_ca_open(argv[1], names, 30 * 86400 * SN_NSEC_PER_SEC, &ca, &diag);
	if (!err)
		err = sn_pki_request_make(NULL, &request, &key, &diag);
	if (!err)
		err = sn_pki_file_write(path, key, 0600, &diag);
	while (!err && fscanf(file, "%255s %*[^\n]", node) == 1)
		err = join(ca, request, node, argv[3], &diag);
	fclose(file);
	free(request);
	sn_pki_forget(key);
	sn_ca_free(ca);
	return err ? fail(&diag) : 0;
}
