#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>
#include <stdint.h>
#include "protocol.h"

/* Reads one frame into `payload` (FRAME_LIMIT bytes). 0, or -1 with a reason on standard error. */
int frame_read(int fd, struct frame *header, uint8_t *payload);

/* Sends the answer to the frame numbered `sequence`. 0, or -1 with a reason on standard error. */
int frame_write(int fd, uint32_t sequence, const uint8_t *payload, uint32_t length);

#endif
