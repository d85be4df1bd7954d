/* SPDX-License-Identifier: Apache-2.0 */
/** @file Small macros that every room uses: sizes, cleanup by scope, hand-over of ownership. */
#ifndef SN_BASE_MACRO_H
#define SN_BASE_MACRO_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define SN_ARRAY_SIZE(a)		   (sizeof(a) / sizeof((a)[0]))
#define SN_MIN(a, b)			   ((a) < (b) ? (a) : (b))
#define SN_MAX(a, b)			   ((a) > (b) ? (a) : (b))
#define SN_LIKELY(x)			   __builtin_expect(!!(x), 1)
#define SN_UNLIKELY(x)			   __builtin_expect(!!(x), 0)
#define SN_PRINTF(fmt, args)		   __attribute__((format(printf, fmt, args)))
#define SN_UNUSED			   __attribute__((unused))
#define SN_CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

static inline void sn_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void sn_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/** Frees with free() at the end of the scope. */
#define SN_AUTO_FREE __attribute__((cleanup(sn_free_ptr)))
/** Closes at the end of the scope; the descriptor is born -1. */
#define SN_AUTO_FD __attribute__((cleanup(sn_close_fd)))

/** Gives up ownership: the value is returned, the variable is left empty, so its cleanup does nothing. */
#define SN_TAKE_PTR(p)                                                                                                           \
	({                                                                                                                       \
		__auto_type __v = (p);                                                                                           \
		(p) = NULL;                                                                                                      \
		__v;                                                                                                             \
	})
#define SN_TAKE_FD(fd)                                                                                                           \
	({                                                                                                                       \
		int __v = (fd);                                                                                                  \
		(fd) = -1;                                                                                                       \
		__v;                                                                                                             \
	})

#endif
