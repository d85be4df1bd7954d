/* SPDX-License-Identifier: Apache-2.0 */
/** @file Keyed hashes of subscriber identifiers, and the file that holds the key. */
#include "model/pseudonym.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/macro.h"

#define KEY_OCTETS 32

struct sn_pseudonym {
	uint8_t key[KEY_OCTETS];
	bool clear;
};

static int key_make(const char *path, uint8_t *ret_key, struct sn_diag *reterr)
{
	SN_AUTO_FD int fd = -1;

	if (getrandom(ret_key, KEY_OCTETS, 0) != KEY_OCTETS)
		return sn_diag_set(reterr, -EIO, "no random bytes for the pseudonym key");
	if (!path)
		return 0;
	/* O_EXCL: of two agents started at once one makes the key, the other is told to start again. */
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return sn_diag_set(reterr, -errno, "cannot make the pseudonym key %s: %m", path);
	if (write(fd, ret_key, KEY_OCTETS) != KEY_OCTETS || fsync(fd) < 0) {
		int err = errno ? -errno : -EIO;

		unlink(path);
		return sn_diag_set(reterr, err, "cannot write the pseudonym key %s: %m", path);
	}
	return 0;
}

static int key_load(const char *path, uint8_t *ret_key, struct sn_diag *reterr)
{
	SN_AUTO_FD int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
	struct stat st;

	if (!path || (fd < 0 && errno == ENOENT))
		return key_make(path, ret_key, reterr);
	if (fd < 0 || fstat(fd, &st) < 0)
		return sn_diag_set(reterr, -errno, "cannot read the pseudonym key %s: %m", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return sn_diag_set(
			reterr, -EPERM,
			"the pseudonym key %s is readable by others (mode %o): chmod 600 it, or remove it for a new one", path,
			st.st_mode & 07777);
	if (st.st_size != KEY_OCTETS || read(fd, ret_key, KEY_OCTETS) != KEY_OCTETS)
		return sn_diag_set(reterr, -EINVAL, "the pseudonym key %s is not %d octets long: remove it for a new one", path,
				   KEY_OCTETS);
	return 0;
}

int sn_pseudonym_new(const char *key_file, bool clear, struct sn_pseudonym **ret_pseudonym, struct sn_diag *reterr)
{
	SN_AUTO_FREE struct sn_pseudonym *pseudonym = calloc(1, sizeof(*pseudonym));
	int r;

	if (!pseudonym)
		return -ENOMEM;
	pseudonym->clear = clear;
	r = key_load(key_file, pseudonym->key, reterr);
	if (r < 0)
		return r;
	*ret_pseudonym = SN_TAKE_PTR(pseudonym);
	return 0;
}

struct sn_pseudonym *sn_pseudonym_free(struct sn_pseudonym *pseudonym)
{
	if (pseudonym)
		explicit_bzero(pseudonym->key, sizeof(pseudonym->key));
	free(pseudonym);
	return NULL;
}

bool sn_pseudonym_is_clear(const struct sn_pseudonym *pseudonym)
{
	return pseudonym->clear;
}

uint64_t sn_pseudonym_of(struct sn_pseudonym *pseudonym, const char *kind, struct sn_view identifier)
{
	uint8_t input[256], mac[EVP_MAX_MD_SIZE];
	size_t kind_len = strlen(kind) + 1; /* with its end, so that no kind is the beginning of another */
	size_t len = SN_MIN(identifier.len, sizeof(input) - SN_MIN(kind_len, sizeof(input) / 2));
	unsigned mac_len = 0;

	kind_len = SN_MIN(kind_len, sizeof(input) / 2);
	memcpy(input, kind, kind_len);
	if (len)
		memcpy(input + kind_len, identifier.data, len);
	if (!HMAC(EVP_sha256(), pseudonym->key, KEY_OCTETS, input, kind_len + len, mac, &mac_len) || mac_len < 8)
		return 0;
	return sn_be64(mac);
}

const char *sn_pseudonym_text(uint64_t value, char ret_text[SN_PSEUDONYM_TEXT])
{
	snprintf(ret_text, SN_PSEUDONYM_TEXT, "ue-%016" PRIx64, value);
	return ret_text;
}
