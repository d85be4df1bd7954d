/* SPDX-License-Identifier: Apache-2.0 */
/** @file Every way into the controller, in one table: dispatching, permission, the check of parameters and the OpenAPI document.
 */
#include "controller/internal.h"

#define FILTERS "type", "node", "ue", "gnb", "from", "to", "where", "limit"

#define ROUTE(route_method, route_path, route_role, route_fn, route_doc, ...)                                                    \
	{                                                                                                                        \
		.method = (route_method), .path = (route_path), .role = (route_role), .fn = (route_fn), .doc = (route_doc),      \
		##__VA_ARGS__                                                                                                    \
	}
#define PARAMETER(parameter_name, parameter_doc, ...)                                                                            \
	{                                                                                                                        \
		.name = (parameter_name), .doc = (parameter_doc), ##__VA_ARGS__                                                  \
	}

const struct sn_api_route sn_api_routes[] = {
	ROUTE("POST", "/v1/logs", SN_ROLE_AGENT, sn_api_collect,
	      "Take log records (OTLP/HTTP, protobuf or JSON, gzip); as records", .body = "ExportLogsServiceRequest"),
	ROUTE("POST", "/v1/metrics", SN_ROLE_AGENT, sn_api_collect,
	      "Take metrics (OTLP/HTTP, protobuf or JSON, gzip); as samples", .body = "ExportMetricsServiceRequest"),
	ROUTE("POST", "/api/v1/agent/poll", SN_ROLE_AGENT, sn_api_agent_poll,
	      "An agent tells of itself, and waits for questions and for the state that it is to have", .body = "Poll",
	      .answer = "PollAnswer"),
	ROUTE("POST", "/api/v1/agent/renew", SN_ROLE_AGENT, sn_api_agent_renew,
	      "Sign a further certificate for the node whose certificate is shown", .body = "SigningRequest",
	      .answer = "Certificate"),
	ROUTE("GET", "/api/v1/ca", SN_ROLE_NONE, sn_api_ca, "The certificate of the controller's CA, in PEM"),
	ROUTE("POST", "/api/v1/join", SN_ROLE_JOIN, sn_api_join, "Sign the first certificate of a node", .body = "JoinRequest",
	      .answer = "Certificate"),
	ROUTE("POST", "/api/v1/tokens", SN_ROLE_ADMIN, sn_api_token_make, "Make a token; the answer is the only copy",
	      .body = "TokenRequest", .answer = "Token"),
	ROUTE("DELETE", "/api/v1/tokens/*", SN_ROLE_ADMIN, sn_api_token_revoke, "End a user's tokens and sessions",
	      .parameters = (const char *const[]) { "role", NULL }),
	ROUTE("POST", "/api/v1/login", SN_ROLE_NONE, sn_api_login, "Turn a token into a session, in a cookie", .body = "Login"),
	ROUTE("POST", "/api/v1/logout", SN_ROLE_VIEWER, sn_api_logout, "End the session"),
	ROUTE("GET", "/api/v1/me", SN_ROLE_VIEWER, sn_api_me, "Who one is", .answer = "Me"),
	ROUTE("GET", "/api/v1/overview", SN_ROLE_VIEWER, sn_api_overview, "Is the network well: KPIs of all nodes, losses, cost",
	      .answer = "Overview"),
	ROUTE("GET", "/api/v1/nodes", SN_ROLE_VIEWER, sn_api_nodes, "The fleet, by name", .answer = "Nodes",
	      .parameters = (const char *const[]) { "text", "state", "limit", "cursor", NULL }),
	ROUTE("GET", "/api/v1/nodes/*", SN_ROLE_VIEWER, sn_api_node, "One node", .answer = "Node"),
	ROUTE("DELETE", "/api/v1/nodes/*", SN_ROLE_OPERATOR, sn_api_node_remove,
	      "Remove a node: its certificate and tokens are good no more"),
	ROUTE("GET", "/api/v1/nodes/*/kpi", SN_ROLE_VIEWER, sn_api_node_kpi,
	      "The KPIs of a node, as its agent answers: the document of 'sauron kpi'", .answer = "Document",
	      .parameters = (const char *const[]) { "by", "ue", NULL }),
	ROUTE("GET", "/api/v1/nodes/*/status", SN_ROLE_VIEWER, sn_api_node_status,
	      "The state of a node's agent, as it answers: the document of 'sauron status'", .answer = "Document"),
	ROUTE("GET", "/api/v1/groups", SN_ROLE_VIEWER, sn_api_groups,
	      "Groups of nodes, what they are to be configured with, how far that is", .answer = "Groups"),
	ROUTE("GET", "/api/v1/groups/*", SN_ROLE_VIEWER, sn_api_group, "One group", .answer = "Group"),
	ROUTE("PUT", "/api/v1/groups/*", SN_ROLE_OPERATOR, sn_api_group_put, "Begin a rollout", .body = "Rollout",
	      .answer = "Group"),
	ROUTE("DELETE", "/api/v1/groups/*", SN_ROLE_OPERATOR, sn_api_group_remove,
	      "Remove a group; its nodes keep what they have"),
	ROUTE("POST", "/api/v1/groups/*/halt", SN_ROLE_OPERATOR, sn_api_group_halt, "Halt the rollout that is under way",
	      .answer = "Group"),
	ROUTE("POST", "/api/v1/groups/*/proceed", SN_ROLE_OPERATOR, sn_api_group_proceed, "Let a rollout go on to all",
	      .answer = "Group"),
	ROUTE("POST", "/api/v1/groups/*/rollback", SN_ROLE_OPERATOR, sn_api_group_back,
	      "Go back to the document of the revision before", .answer = "Group"),
	ROUTE("GET", "/api/v1/record-types", SN_ROLE_VIEWER, sn_api_record_types, "The types of records, with their fields",
	      .answer = "RecordTypes"),
	ROUTE("GET", "/api/v1/records", SN_ROLE_VIEWER, sn_api_records, "Records by filters, in pages or as an export",
	      .answer = "Records", .parameters = (const char *const[]) { FILTERS, "cursor", "order", "fields", "format", NULL }),
	ROUTE("GET", "/api/v1/records/counts", SN_ROLE_VIEWER, sn_api_counts, "Records counted by one or two fields",
	      .answer = "Counts", .parameters = (const char *const[]) { FILTERS, "field", "by", NULL }),
	ROUTE("GET", "/api/v1/metrics", SN_ROLE_VIEWER, sn_api_metrics, "The metrics there are", .answer = "Metrics"),
	ROUTE("GET", "/api/v1/series", SN_ROLE_VIEWER, sn_api_series, "Series of a metric, with their points", .answer = "Series",
	      .parameters = (const char *const[]) { "name", "node", "label", "from", "to", "step", NULL }),
	ROUTE("GET", "/api/v1/live", SN_ROLE_VIEWER, sn_api_live, "Server-Sent Events: record, nodes, lost",
	      .parameters = (const char *const[]) { "type", "node", "ue", "gnb", NULL }),
	ROUTE("GET", "/metrics", SN_ROLE_VIEWER, sn_api_own_metrics, "The metrics of the controller itself, for Prometheus"),
	ROUTE("POST", "/api/v1/backup", SN_ROLE_ADMIN, sn_api_backup, "Copy the store, while it goes on, to STATE/backups",
	      .answer = "Backup"),
	ROUTE("GET", "/api/v1/openapi.json", SN_ROLE_NONE, sn_api_openapi, "This document"),
	{ .path = NULL },
};

const struct sn_api_parameter sn_api_parameters[] = {
	PARAMETER("type", "type of record (n2.outcome); of a live stream several, between commas"),
	PARAMETER("node", "name of a node"),
	PARAMETER("ue", "pseudonym of a UE"),
	PARAMETER("gnb", "name of a gNB"),
	PARAMETER("from", "from then on: RFC 3339, or a duration back from now like -15m"),
	PARAMETER("to", "before then, written like from"),
	PARAMETER("where", "FIELD:VALUE, a field that must have the value", .repeated = true),
	PARAMETER("limit", "at most so many", .type = "integer"),
	PARAMETER("cursor", "where the page before ended: its next"),
	PARAMETER("order", "newest or oldest first"),
	PARAMETER("fields", "only these fields, between commas"),
	PARAMETER("format", "json, jsonl or csv"),
	PARAMETER("field", "the field to count by"),
	PARAMETER("by", "a second field to count by; of KPIs what they are split by"),
	PARAMETER("name", "name of a metric"),
	PARAMETER("label", "NAME:VALUE, a label that must have the value", .repeated = true),
	PARAMETER("step", "one point for so long, a duration like 10s"),
	PARAMETER("text", "what stands in the name, cluster, kernel or version"),
	PARAMETER("state", "up, silent or gone"),
	PARAMETER("role", "only tokens of this role"),
	{ .name = NULL },
};
