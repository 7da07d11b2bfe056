/*
 * The only process of the emulated machine: takes batches of commands from the host, executes them on /dev/kvm and
 * answers. Everything it is told is checked; what it cannot make sense of ends it, and with it the machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "frame.h"
#include "machine.h"
#include "trace.h"

static uint8_t request[FRAME_LIMIT] __attribute__((aligned(8)));
static uint8_t response[FRAME_LIMIT] __attribute__((aligned(8)));

static void prepare(void)
{
    static const struct { const char *type, *where; } mounts[] = {
        { "devtmpfs", "/dev" }, { "sysfs", "/sys" },
        { "debugfs", "/sys/kernel/debug" }, { "tracefs", "/sys/kernel/tracing" },
    };
    for (unsigned i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        mkdir(mounts[i].where, 0755);
        if (mount(mounts[i].type, mounts[i].where, mounts[i].type, 0, NULL))
            fprintf(stderr, "agent: cannot mount %s: %s\n", mounts[i].where, strerror(errno));
    }
}

/* The kernel finds the port a moment after the first process has started. */
static int open_port(void)
{
    for (int tries = 0; tries < 1000; tries++) {
        int fd = open("/dev/vport0p1", O_RDWR | O_CLOEXEC);
        if (fd >= 0 || (errno != ENOENT && errno != ENXIO && errno != ENODEV))
            return fd;
        usleep(10000);
    }
    return -1;
}

static void execute(const struct command *command, const uint8_t *data, struct answer *answer, uint8_t *out,
                    uint32_t room)
{
    *answer = (struct answer){ 0 };
    switch (command->operation) {
    case OP_HELLO: {
        struct utsname name;
        uname(&name);
        answer->value = VERSION;
        answer->length = (uint32_t)strlen(name.release);
        memcpy(out, name.release, answer->length);
        return;
    }
    case OP_TRACE_START:
        answer->status = trace_start();
        return;
    case OP_TRACE_STOP:
        answer->status = trace_stop(out, room < TEXT_LIMIT ? room : TEXT_LIMIT, &answer->length);
        return;
    case OP_PIN: {
        cpu_set_t set;
        CPU_ZERO(&set);
        if (command->a >= CPU_SETSIZE) {
            answer->status = -EINVAL;
            return;
        }
        CPU_SET(command->a, &set);
        answer->status = sched_setaffinity(0, sizeof set, &set) ? -errno : 0;
        return;
    }
    case OP_SLEEP:
        answer->status = command->a > 1000000 ? -EINVAL : usleep((useconds_t)command->a) ? -errno : 0;
        return;
    default:
        machine_execute(command, data, answer, out, room);
    }
}

/* The largest answer that a command may need beyond its `struct answer`. */
#define ANSWER_ROOM 256u

/* Executes a batch. Bytes of the answer, or -1 when the batch is malformed. */
static int64_t run_batch(uint32_t length)
{
    uint32_t in = 0, out = 0;
    while (in < length) {
        struct command command;
        if (length - in < sizeof command)
            return -1;
        memcpy(&command, request + in, sizeof command);
        in += sizeof command;
        if (command.length > length - in || command.operation == 0 || command.operation >= OP_COUNT_)
            return -1;
        if (FRAME_LIMIT - out < sizeof(struct answer) + ANSWER_ROOM)
            return -1;
        struct answer answer;
        uint8_t *data = response + out + sizeof answer;
        execute(&command, request + in, &answer, data, (uint32_t)(FRAME_LIMIT - out - sizeof answer));
        memcpy(response + out, &answer, sizeof answer);
        in += (command.length + 7u) & ~7u;
        out += (uint32_t)sizeof answer + ((answer.length + 7u) & ~7u);
    }
    return in == length ? (int64_t)out : -1;
}

static void serve(int port)
{
    struct frame header;
    while (!frame_read(port, &header, request)) {
        int64_t length = run_batch(header.length);
        if (length < 0) {
            fprintf(stderr, "agent: batch %u is malformed\n", header.sequence);
            return;
        }
        if (frame_write(port, header.sequence, response, (uint32_t)length))
            return;
    }
}

int main(void)
{
    prepare();
    int status = machines_init();
    int port = open_port();
    if (status)
        fprintf(stderr, "agent: no KVM: %s\n", strerror(-status));
    else if (port < 0)
        fprintf(stderr, "agent: no port: %s\n", strerror(errno));
    else
        serve(port);
    machines_close();
    sync();
    reboot(RB_POWER_OFF);
    return 1;
}
