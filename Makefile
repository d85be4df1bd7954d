# SPDX-License-Identifier: Apache-2.0
# A thin front to Meson and Ninja: 'make help' tells what there is. Every recipe runs in this directory and names files relative
# to it, so that its path may hold spaces.

# Debian's own programs first; a user's path lacks the directories of root's.
export PATH := /usr/bin:/bin:$(PATH):/usr/sbin:/sbin

FUZZ_SECONDS ?= 7200
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo --)

.DEFAULT_GOAL := all
.PHONY: all run test test-kernels bench fuzz fmt lint docs install deb clean help

all: ## build build/sauron; installs nothing
	@tools/build release

run: ## install what is missing, build, and show a small 5G network live (Ctrl-C ends it)
	@tools/install-deps build
	@tools/build release sauron
	@$(SUDO) build/sauron up --lab

test: ## install what is missing, build, run every test; the last line counts them
	@tools/install-deps test
	@tools/run-tests

test-kernels: ## the tests in virtual machines, on every kernel of the matrix
	@tools/install-deps test
	@tools/run-tests --only kernels

bench: ## measure; prints figures and how they were got
	@tools/install-deps bench
	@tools/build release
	@$(SUDO) tests/bench/run

fuzz: ## run every fuzz target for FUZZ_SECONDS (7200), and keep what was found in build-fuzz/
	@tools/install-deps test
	@tools/run-tests --only fuzz --fuzz-seconds $(FUZZ_SECONDS) --keep-corpus

fmt: ## format the C sources
	@tools/lint --format

lint: ## check format, rules of the house, clang-tidy, shellcheck
	@tools/install-deps test
	@tools/build release
	@tools/lint

docs: ## make the generated pages below docs/ anew
	@tools/build release
	@tools/gen-docs

install: ## install below PREFIX (/usr/local); DESTDIR is put in front
	@tools/build release $(if $(PREFIX),-Dprefix="$(PREFIX)")
	@meson install -C build --no-rebuild

deb: ## make a Debian package, sauron_VERSION_ARCH.deb
	@tools/make-deb

clean: ## remove everything that was built
	@rm -rf build build-*

help: ## show this
	@echo "make            build/sauron, from Meson and Ninja"
	@sed -n 's/^\([a-z-]*\): ## \(.*\)/make \1\t\2/p' Makefile | grep -v '^make all' | expand -t 18
