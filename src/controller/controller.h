/* SPDX-License-Identifier: Apache-2.0 */
/** @file The controller on a loop: store, collector, fleet, API, console. */
#ifndef SN_CONTROLLER_CONTROLLER_H
#define SN_CONTROLLER_CONTROLLER_H

#include <uv.h>

#include "controller/auth.h"
#include "controller/config.h"

struct sn_controller;

/** Makes the state's directory. @return 0 or a negative errno with words. */
int sn_controller_make_state(const struct sn_controller_config *config, struct sn_diag *reterr);
/** Starts everything. @return 0 or a negative errno with words; nothing is left behind then. */
int sn_controller_open(uv_loop_t *loop, const struct sn_controller_config *config, struct sn_controller **ret_controller,
		       struct sn_diag *reterr);
/** Stops; handles are closed once the loop has turned again. NULL is fine. @return NULL. */
struct sn_controller *sn_controller_close(struct sn_controller *controller);

/** "http://127.0.0.1:7080". */
const char *sn_controller_url(const struct sn_controller *controller);
/** SHA-256 of the CA's certificate, for agents; NULL without TLS. */
const char *sn_controller_fingerprint(const struct sn_controller *controller);
/** A token for one sign-in to the console, good for a day. As sn_auth_grant. */
int sn_controller_console_token(struct sn_controller *controller, char ret_token[SN_TOKEN_TEXT]);
/** A token by which the agent of this node speaks, as long as the controller runs. As sn_auth_grant. */
int sn_controller_agent_token(struct sn_controller *controller, const char *node, char ret_token[SN_TOKEN_TEXT]);

#endif
