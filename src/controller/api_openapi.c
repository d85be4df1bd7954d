/* SPDX-License-Identifier: Apache-2.0 */
/** @file The OpenAPI 3.1 document, made of the table of routes: what is there is described, what is described is there. */
#include <stdio.h>
#include <string.h>

#include "controller/internal.h"

/* Shapes of bodies and answers (JSON Schema 2020-12), in short: {"name": "type"}, '[]' for lists, '{}' for any object. */
static const struct {
	const char *name, *fields; /* "name:type" between blanks; '?' behind the name: may be missing or null */
} schemas[] = {
	{ "Login", "token:string" },
	{ "Me", "user:string role:string version:string" },
	{ "JoinRequest", "node:string csr:string" },
	{ "SigningRequest", "csr:string" },
	{ "Certificate", "certificate:string ca:string" },
	{ "TokenRequest", "user?:string role:string lifetime?:string once?:boolean" },
	{ "Token", "token:string ca_fingerprint?:string" },
	{ "Poll", "about:object answers?:object[]" },
	{ "PollAnswer", "questions:object[] state?:object" },
	{ "Node",
	  "name:string cluster:string state:string since:string last_seen:string labels?:object version?:string kernel?:string "
	  "modules?:object[] cpu_share?:number rss_octets?:number records_per_s?:number lost?:integer desired?:object" },
	{ "Nodes", "nodes:Node[] next?:string total:integer" },
	{ "Document", "" },
	{ "Overview", "kpis:object[] losses:object[] nodes:object overhead:object store:object" },
	{ "Rollout", "document:string selector?:object canary?:number soak?:string max_cpu_share?:number" },
	{ "Group",
	  "name:string revision:integer phase:string why?:string selector:object document:string before?:string canary:number "
	  "soak:string max_cpu_share:number user:string time:string nodes:object" },
	{ "Groups", "groups:Group[]" },
	{ "RecordTypes", "types:object[]" },
	{ "Record", "id:string time:string node:string type:string" },
	{ "Records", "records:Record[] next?:string" },
	{ "Counts", "counts:object[]" },
	{ "Metrics", "metrics:object[]" },
	{ "Series", "series:object[] complete:boolean" },
	{ "ExportLogsServiceRequest", "resourceLogs?:object[]" },
	{ "ExportMetricsServiceRequest", "resourceMetrics?:object[]" },
	{ "Backup", "directory:string" },
	{ "Error", "error:string" },
};

static json_t *reference(const char *schema)
{
	return json_pack("{s:s+}", "$ref", "#/components/schemas/", schema);
}

/** "string", "Node[]", "object?" … */
static json_t *type_json(const char *type, bool optional)
{
	char word[64];
	bool list = strlen(type) > 2 && strcmp(type + strlen(type) - 2, "[]") == 0;
	json_t *one;

	snprintf(word, sizeof(word), "%.*s", (int)(strlen(type) - 2 * list), type);
	if (word[0] >= 'A' && word[0] <= 'Z')
		one = reference(word);
	else if (optional && !list)
		return json_pack("{s:[s, s]}", "type", word, "null");
	else
		one = json_pack("{s:s}", "type", word);
	return list ? json_pack("{s:s, s:o}", "type", "array", "items", one) : one;
}

static json_t *schema_json(const char *fields)
{
	json_t *properties = json_object(), *required = json_array();
	char copy[512], *rest = copy, *word;

	snprintf(copy, sizeof(copy), "%s", fields);
	while ((word = strsep(&rest, " "))) {
		char *colon = strchr(word, ':');
		bool optional;

		if (!colon)
			continue;
		*colon = '\0';
		optional = colon > word && colon[-1] == '?';
		if (optional)
			colon[-1] = '\0';
		else
			json_array_append_new(required, json_string(word));
		json_object_set_new(properties, word, type_json(colon + 1, optional));
	}
	return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required", required);
}

static json_t *parameter_json(const char *name)
{
	const struct sn_api_parameter *parameter = sn_api_parameters;
	json_t *schema;

	while (parameter->name && strcmp(parameter->name, name) != 0)
		parameter++;
	schema = json_pack("{s:s}", "type", parameter->type ? parameter->type : "string");
	if (parameter->repeated)
		schema = json_pack("{s:s, s:o}", "type", "array", "items", schema);
	return json_pack("{s:s, s:s, s:s, s:o}", "name", name, "in", "query", "description", parameter->doc ? parameter->doc : "",
			 "schema", schema);
}

static json_t *parameters_json(const struct sn_api_route *route)
{
	json_t *list = json_array();

	if (strchr(route->path, '*'))
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", "name", "in", "path", "required", 1,
						      "schema", "type", "string"));
	for (const char *const *name = route->parameters; name && *name; name++)
		json_array_append_new(list, parameter_json(*name));
	return list;
}

static json_t *json_content(const char *schema)
{
	return json_pack("{s:{s:o}}", "application/json", "schema", reference(schema));
}

static void add_refusal(json_t *responses, const char *status, const char *description)
{
	json_object_set_new(responses, status,
			    json_pack("{s:s, s:o}", "description", description, "content", json_content("Error")));
}

static json_t *responses_json(const struct sn_api_route *route)
{
	json_t *responses = json_object(), *good = json_pack("{s:s}", "description", "done");

	if (route->answer)
		json_object_set_new(good, "content", json_content(route->answer));
	json_object_set_new(responses, "2XX", good);
	if (route->role != SN_ROLE_NONE) {
		add_refusal(responses, "401", "nobody is known by what was sent");
		add_refusal(responses, "403", "the role does not suffice");
	}
	add_refusal(responses, "4XX", "refused, in words");
	add_refusal(responses, "5XX", "not now, in words");
	return responses;
}

static json_t *operation_json(const struct sn_api_route *route)
{
	json_t *operation = json_pack("{s:s, s:s, s:o, s:o}", "summary", route->doc, "x-role", sn_role_names[route->role],
				      "parameters", parameters_json(route), "responses", responses_json(route));

	if (route->body)
		json_object_set_new(operation, "requestBody",
				    json_pack("{s:b, s:o}", "required", 1, "content", json_content(route->body)));
	json_object_set_new(operation, "security",
			    route->role == SN_ROLE_NONE ? json_array() : json_pack("[{s:[]}, {s:[]}]", "token", "session"));
	return operation;
}

/** The path with {name} in the place of its star. */
static void path_text(const char *path, char ret_text[128])
{
	const char *star = strchr(path, '*');

	if (star)
		snprintf(ret_text, 128, "%.*s{name}%s", (int)(star - path), path, star + 1);
	else
		snprintf(ret_text, 128, "%s", path);
}

static json_t *paths_json(void)
{
	json_t *paths = json_object();

	for (const struct sn_api_route *route = sn_api_routes; route->path; route++) {
		char text[128], method[8] = "";
		json_t *path;

		path_text(route->path, text);
		for (size_t i = 0; route->method[i] && i < sizeof(method) - 1; i++)
			method[i] = (char)(route->method[i] | 0x20);
		path = json_object_get(paths, text);
		if (!path) {
			json_object_set_new(paths, text, json_object());
			path = json_object_get(paths, text);
		}
		json_object_set_new(path, method, operation_json(route));
	}
	return paths;
}

void sn_api_openapi(const struct sn_api_call *call, struct sn_http_answer *answer)
{
	json_t *components = json_object();

	for (size_t i = 0; i < sizeof(schemas) / sizeof(schemas[0]); i++)
		json_object_set_new(components, schemas[i].name, schema_json(schemas[i].fields));
	sn_api_answer(answer,
		      json_pack("{s:s, s:{s:s, s:s, s:s}, s:o, s:{s:o, s:{s:{s:s, s:s}, s:{s:s, s:s, s:s}}}}", "openapi", "3.1.0",
				"info", "title", "Sauron controller", "version", SN_VERSION, "description",
				"Errors are {\"error\": \"a sentence\"}. A browser sends X-Sauron-Request with what changes "
				"something.",
				"paths", paths_json(), "components", "schemas", components, "securitySchemes", "token", "type",
				"http", "scheme", "bearer", "session", "type", "apiKey", "in", "cookie", "name", SN_AUTH_COOKIE));
}
