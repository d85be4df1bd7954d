/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file Reading of capture files: pcap (micro- and nanoseconds, "modified", both byte orders) and pcapng (several sections and
 * interfaces, if_tsresol, EPB/SPB/obsolete PB). A stream reader: bytes come by a callback, so a file, a pipe and gzip are the
 * same.
 */
#ifndef SN_CODEC_PCAPNG_H
#define SN_CODEC_PCAPNG_H

#include "base/bytes.h"
#include "sauron/diag.h"

/** Reads up to `size` bytes. @return how many; 0 at the end; a negative errno. */
typedef int64_t (*sn_read_fn)(void *ctx, uint8_t *ret_data, size_t size);

/** One captured frame; `data` points into the reader's buffer and is valid until the next call. */
struct sn_frame {
	struct sn_view data;
	uint64_t time_ns;   /* since 1970 */
	uint32_t linktype;  /* pcap numbering */
	uint32_t interface; /* index within the file, counted over all its sections; 0 for pcap */
	uint32_t wire_len;  /* length on the wire; data.len may be less */
};

struct sn_capture_stats {
	uint64_t frames;
	uint64_t bytes;		 /* of the file, consumed so far */
	uint64_t skipped_blocks; /* of types that hold no packet */
	uint64_t bad_blocks;	 /* malformed but of a known length: skipped */
	bool truncated;		 /* the file ends within a record */
};

struct sn_capture;

/**
 * Reads the file's head. @return 0; -EBADMSG: not a capture (the diag says in one sentence what it begins with); -ENOMEM; or what
 * `read` returned. The object is released by sn_capture_free; `ctx` stays the caller's.
 */
int sn_capture_open(sn_read_fn read, void *ctx, struct sn_capture **ret_capture, struct sn_diag *reterr);
/**
 * @return 1: a frame; 0: the end (see stats.truncated); -EBADMSG: damaged beyond reading on; -ENOMEM; or what `read`
 * returned: the same call again continues at the same place.
 */
int sn_capture_next(struct sn_capture *capture, struct sn_frame *ret_frame);
const struct sn_capture_stats *sn_capture_stats(const struct sn_capture *capture);
struct sn_capture *sn_capture_free(struct sn_capture *capture);

#endif
