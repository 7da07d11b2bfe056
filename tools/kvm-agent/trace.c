#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"

static int put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int status = write(fd, text, strlen(text)) < 0 ? -errno : 0;
    close(fd);
    return status;
}

int trace_start(void)
{
    int status = put(TRACING "tracing_on", "0");
    if (!status)
        status = put(TRACING "trace", "");
    if (!status)
        status = put(TRACING "events/kvm/enable", "1");
    return status ? status : put(TRACING "tracing_on", "1");
}

int trace_stop(uint8_t *out, uint32_t room, uint32_t *length)
{
    int status = put(TRACING "tracing_on", "0");
    if (!status)
        status = put(TRACING "events/kvm/enable", "0");
    if (status)
        return status;
    int fd = open(TRACING "trace", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n;
    while (*length < room && (n = read(fd, out + *length, room - *length)) > 0)
        *length += (uint32_t)n;
    close(fd);
    return 0;
}
