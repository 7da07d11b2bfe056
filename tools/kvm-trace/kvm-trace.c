/*
 * Records the KVM calls of a VMM that save and restore is made of, with what their pointers point to, in the form that
 * `orrery irq lint` reads (docs/irq-lint.md). A library to be loaded before the C library:
 *
 *     cc -shared -fPIC -O2 -o kvm-trace.so kvm-trace.c
 *     KVM_TRACE=restore.trace LD_PRELOAD=./kvm-trace.so qemu-system-aarch64 ...
 *
 * Without KVM_TRACE the trace goes to standard error. A statically linked VMM does not load it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Linux 6.4; and the ITS, which only arm64's headers name. */
struct counter_offset { uint64_t counter_offset, reserved; };
#define SET_COUNTER_OFFSET _IOW(KVMIO, 0xb5, struct counter_offset)

/* Attribute groups of the GIC devices that take eight bytes, and the one that takes none. */
#define GROUP_ADDR 0
#define GROUP_CTRL 4
#define GROUP_CPU_SYSREGS 6
#define GROUP_ITS_REGS 8

#define LINE 256
#define DESCRIPTOR 500

static int (*real_ioctl)(int, unsigned long, ...);
static int out = STDERR_FILENO;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("KVM_TRACE");
    real_ioctl = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
    if (path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
        int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, DESCRIPTOR); /* leaves the VMM the numbers it is used to */
        if (high >= 0)
            out = high;
        else
            fprintf(stderr, "kvm-trace: %s: %s\n", path, strerror(errno));
        if (fd >= 0)
            close(fd);
    }
}

static uint64_t value_at(uint64_t address, unsigned bytes)
{
    uint64_t value = 0;
    if (address && bytes && bytes <= sizeof value)
        memcpy(&value, (const void *)(uintptr_t)address, bytes);
    return value;
}

static unsigned attribute_bytes(uint32_t group)
{
    switch (group) {
    case GROUP_ADDR: case GROUP_CPU_SYSREGS: case GROUP_ITS_REGS: return 8;
    case GROUP_CTRL: return 0;
    default: return 4;
    }
}

/* The argument as text; 0 for a call that is not recorded. The value of a GET is there only after the call. */
static int describe(char *text, unsigned long request, void *argument)
{
    switch (request) {
    case KVM_CREATE_VCPU:
        return snprintf(text, LINE, "KVM_CREATE_VCPU, %lu", (unsigned long)argument);
    case KVM_RUN:
        return snprintf(text, LINE, "KVM_RUN, 0");
    case KVM_CREATE_DEVICE: {
        const struct kvm_create_device *d = argument;
        return snprintf(text, LINE, "KVM_CREATE_DEVICE, {type=%u, fd=%u, flags=%u}", d->type, d->fd, d->flags);
    }
    case KVM_SET_DEVICE_ATTR: case KVM_GET_DEVICE_ATTR: {
        const struct kvm_device_attr *a = argument;
        return snprintf(text, LINE, "KVM_%cET_DEVICE_ATTR, {flags=%u, group=%u, attr=0x%llx, addr=[0x%llx]}",
                        request == KVM_SET_DEVICE_ATTR ? 'S' : 'G', a->flags, a->group, (unsigned long long)a->attr,
                        (unsigned long long)value_at(a->addr, attribute_bytes(a->group)));
    }
    case KVM_SET_ONE_REG: case KVM_GET_ONE_REG: {
        const struct kvm_one_reg *r = argument;
        return snprintf(text, LINE, "KVM_%cET_ONE_REG, {id=0x%llx, addr=[0x%llx]}", request == KVM_SET_ONE_REG ? 'S' : 'G',
                        (unsigned long long)r->id, (unsigned long long)value_at(r->addr, 1u << (r->id >> 52 & 15)));
    }
    case KVM_IRQ_LINE: {
        const struct kvm_irq_level *l = argument;
        return snprintf(text, LINE, "KVM_IRQ_LINE, {irq=0x%x, level=%u}", l->irq, l->level);
    }
    case SET_COUNTER_OFFSET: {
        const struct counter_offset *o = argument;
        return snprintf(text, LINE, "KVM_ARM_SET_COUNTER_OFFSET, {counter_offset=0x%llx}", (unsigned long long)o->counter_offset);
    }
    default:
        return 0;
    }
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);

    int result = real_ioctl(fd, request, argument);
    int error = errno;
    char text[LINE], line[2 * LINE];
    if (describe(text, request, argument) > 0) {
        int length = result < 0
            ? snprintf(line, sizeof line, "ioctl(%d, %s) = -1 %s\n", fd, text, strerrorname_np(error))
            : snprintf(line, sizeof line, "ioctl(%d, %s) = %d\n", fd, text, result);
        if (write(out, line, (size_t)length) < 0)
            out = STDERR_FILENO; /* nothing better can be done in the middle of somebody else's call */
    }
    errno = error;
    return result;
}
