#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

/* Empties the trace and records the events of group kvm from now on. 0 or a negated errno. */
int trace_start(void);

/* Stops recording and reads the trace's text, at most `room` bytes of it. 0 or a negated errno. */
int trace_stop(uint8_t *out, uint32_t room, uint32_t *length);

#endif
