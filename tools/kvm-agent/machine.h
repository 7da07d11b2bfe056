#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>
#include "protocol.h"

/* Opens /dev/kvm. 0 or a negated errno. */
int machines_init(void);

/*
 * Executes one command of a machine. `data` are its `command->length` bytes; the answer's data go to `out`, of which
 * at least `room` bytes may be used. Fills status, length and value of `answer`.
 */
void machine_execute(const struct command *command, const uint8_t *data, struct answer *answer, uint8_t *out,
                     uint32_t room);

/* Closes every machine: a batch leaves nothing to the next one unless it says so. */
void machines_close(void);

#endif
