/* SPDX-License-Identifier: Apache-2.0 */
/** @file The lab's command on its own, called as the program calls it: `lab_program lab up`. */
#include "lab/lab.h"

int main(int argc, char **argv)
{
	return sn_lab_main(argc - 1, argv + 1);
}
