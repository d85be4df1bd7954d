/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file OTLP requests in JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"): the same records to the same sink as
 * codec/otlp.h reads from protobuf. Names are lowerCamelCase, 64-bit integers strings or numbers, enumerations numbers, octets
 * base64; a null is what is not there; unknown names are passed over.
 */
#ifndef SN_MODEL_OTLP_JSON_H
#define SN_MODEL_OTLP_JSON_H

#include "codec/otlp.h"

/**
 * As sn_otlp_read_logs() and sn_otlp_read_metrics(); besides, -ENOMEM. -EBADMSG is also what has the type of something else, and
 * JSON that is none; of the latter nothing was given to the sink.
 */
int sn_otlp_read_logs_json(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);
int sn_otlp_read_metrics_json(struct sn_view request, const struct sn_otlp_sink *sink, struct sn_otlp_stats *ret_stats);

#endif
