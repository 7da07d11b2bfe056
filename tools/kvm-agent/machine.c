/* The KVM side: up to VM_SLOTS machines, each with RAM, vCPUs and devices, and the calls made on them. */
#define _GNU_SOURCE
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

/* Linux 6.4, include/uapi/linux/kvm.h: newer than the headers this may be compiled with. */
struct counter_offset {
    __u64 counter_offset;
    __u64 reserved;
};
#define KVM_ARM_SET_COUNTER_OFFSET_ _IOW(KVMIO, 0xb5, struct counter_offset)

struct vcpu {
    int fd;
    struct kvm_run *run;
};

struct machine {
    int open;
    int fd;
    uint8_t *ram;
    uint32_t ram_size;
    struct vcpu vcpus[VCPU_SLOTS];
    int devices[DEVICE_SLOTS];
};

static int kvm = -1;
static size_t run_size;
static struct machine machines[VM_SLOTS];
static struct kvm_run *volatile running; /* whose guest the alarm throws out */

static void on_alarm(int signal)
{
    (void)signal;
    struct kvm_run *run = running;
    if (run)
        run->immediate_exit = 1; /* closes the window between the last check and KVM_RUN */
}

int machines_init(void)
{
    kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0)
        return -errno;
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (size < 0)
        return -errno;
    run_size = (size_t)size;
    struct sigaction action = { .sa_handler = on_alarm }; /* no SA_RESTART: KVM_RUN must return */
    sigaction(SIGALRM, &action, NULL);
    return 0;
}

static int answered(int result) { return result < 0 ? -errno : 0; }

static int vm_close(struct machine *m)
{
    if (!m->open)
        return 0;
    for (unsigned i = 0; i < VCPU_SLOTS; i++) {
        if (m->vcpus[i].run)
            munmap(m->vcpus[i].run, run_size);
        if (m->vcpus[i].fd >= 0)
            close(m->vcpus[i].fd);
    }
    for (unsigned i = 0; i < DEVICE_SLOTS; i++)
        if (m->devices[i] >= 0)
            close(m->devices[i]);
    close(m->fd);
    munmap(m->ram, m->ram_size);
    memset(m, 0, sizeof *m);
    return 0;
}

void machines_close(void)
{
    for (unsigned i = 0; i < VM_SLOTS; i++)
        vm_close(&machines[i]);
}

static int vm_open(struct machine *m, uint64_t ram_size)
{
    if (m->open)
        return -EEXIST;
    if (!ram_size || ram_size > RAM_LIMIT || ram_size % 4096)
        return -EINVAL;
    int fd = ioctl(kvm, KVM_CREATE_VM, 0);
    if (fd < 0)
        return -errno;
    uint8_t *ram = mmap(NULL, ram_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ram == MAP_FAILED) {
        int error = -errno;
        close(fd);
        return error;
    }
    struct kvm_userspace_memory_region region = {
        .guest_phys_addr = RAM_BASE, .memory_size = ram_size, .userspace_addr = (uintptr_t)ram,
    };
    if (ioctl(fd, KVM_SET_USER_MEMORY_REGION, &region) < 0) {
        int error = -errno;
        munmap(ram, ram_size);
        close(fd);
        return error;
    }
    *m = (struct machine){ .open = 1, .fd = fd, .ram = ram, .ram_size = (uint32_t)ram_size };
    for (unsigned i = 0; i < VCPU_SLOTS; i++)
        m->vcpus[i].fd = -1;
    for (unsigned i = 0; i < DEVICE_SLOTS; i++)
        m->devices[i] = -1;
    return 0;
}

static int vcpu_create(struct machine *m, unsigned index, uint64_t features)
{
    if (index >= VCPU_SLOTS)
        return -EINVAL;
    if (m->vcpus[index].fd >= 0)
        return -EEXIST;
    int fd = ioctl(m->fd, KVM_CREATE_VCPU, index);
    if (fd < 0)
        return -errno;
    struct kvm_vcpu_init init;
    int error = answered(ioctl(m->fd, KVM_ARM_PREFERRED_TARGET, &init));
    if (!error) {
        init.features[0] |= (uint32_t)features;
        error = answered(ioctl(fd, KVM_ARM_VCPU_INIT, &init));
    }
    struct kvm_run *run = error ? MAP_FAILED : mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (run == MAP_FAILED) {
        error = error ? error : -errno;
        close(fd);
        return error;
    }
    m->vcpus[index] = (struct vcpu){ fd, run };
    return 0;
}

static int device_create(struct machine *m, unsigned index, uint64_t type)
{
    if (index >= DEVICE_SLOTS)
        return -EINVAL;
    if (m->devices[index] >= 0)
        return -EEXIST;
    struct kvm_create_device device = { .type = (uint32_t)type };
    if (ioctl(m->fd, KVM_CREATE_DEVICE, &device) < 0)
        return -errno;
    m->devices[index] = (int)device.fd;
    return 0;
}

/* The descriptor that an attribute is set on: a vCPU's or a device's. -1 when there is none. */
static int target_fd(const struct machine *m, unsigned target)
{
    if (target & VCPU_TARGET) {
        unsigned vcpu = target & ~VCPU_TARGET;
        return vcpu < VCPU_SLOTS ? m->vcpus[vcpu].fd : -1;
    }
    return target < DEVICE_SLOTS ? m->devices[target] : -1;
}

/* Runs the guest until it leaves for user space, at most `limit` milliseconds: then -ETIMEDOUT. */
static int run_vcpu(struct vcpu *vcpu, uint64_t limit, struct run_answer *out)
{
    if (limit == 0 || limit > RUN_LIMIT_MS)
        return -EINVAL;
    struct kvm_run *run = vcpu->run;
    uint8_t asked = run->immediate_exit;
    struct itimerval timer = { .it_value = { (time_t)(limit / 1000), (suseconds_t)(limit % 1000 * 1000) } };
    running = run;
    setitimer(ITIMER_REAL, &timer, NULL);
    int status = answered(ioctl(vcpu->fd, KVM_RUN, 0));
    setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
    running = NULL;
    if (!asked && run->immediate_exit)
        status = -ETIMEDOUT;
    run->immediate_exit = 0;
    out->exit_reason = run->exit_reason;
    out->reserved = 0;
    memcpy(out->exit_data, &run->mmio, sizeof out->exit_data);
    out->device_irq_level = run->s.regs.device_irq_level;
    return status;
}

static int vgic_state(const struct machine *m, uint8_t *out, uint32_t room, uint32_t *length)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/kernel/debug/kvm/%d-%d/vgic-state", getpid(), m->fd);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    ssize_t n;
    while (*length < room && (n = read(fd, out + *length, room - *length)) > 0)
        *length += (uint32_t)n;
    close(fd);
    return 0;
}

static int execute_on_ram(struct machine *m, const struct command *c, const uint8_t *data, struct answer *answer,
                          uint8_t *out, uint32_t room)
{
    uint64_t length = c->operation == OP_RAM_WRITE ? c->length : c->c;
    if (c->a > m->ram_size || length > m->ram_size - c->a)
        return -EINVAL;
    if (c->operation == OP_RAM_WRITE) {
        memcpy(m->ram + c->a, data, length);
        __builtin___clear_cache((char *)m->ram + c->a, (char *)m->ram + c->a + length);
        return 0;
    }
    if (length > room)
        return -EMSGSIZE;
    memcpy(out, m->ram + c->a, length);
    answer->length = (uint32_t)length;
    return 0;
}

/* Gets from one machine and sets on another the same attribute, register or RAM: a migration, without the wire. */
static int execute_copy(struct machine *from, const struct command *c, const uint8_t *data, struct answer *answer)
{
    uint64_t destination = c->c >> 32;
    uint32_t length = (uint32_t)c->c;
    if (destination >= VM_SLOTS || !machines[destination].open)
        return -EBADF;
    struct machine *to = &machines[destination];
    if (c->operation == OP_RAM_COPY) {
        if (to->ram_size != from->ram_size)
            return -EINVAL;
        memcpy(to->ram, from->ram, from->ram_size);
        return 0;
    }

    uint8_t value[VALUE_LIMIT] __attribute__((aligned(8))) = { 0 };
    if (length > sizeof value)
        return -EMSGSIZE;
    int get_from, set_on, status;
    if (c->operation == OP_ATTR_COPY) {
        get_from = target_fd(from, c->index);
        set_on = target_fd(to, c->index);
    } else {
        get_from = target_fd(from, VCPU_TARGET | c->index);
        set_on = target_fd(to, VCPU_TARGET | c->index);
    }
    if (get_from < 0 || set_on < 0)
        return -EBADF;
    struct kvm_device_attr attribute = { 0, (uint32_t)c->a, c->b, (uintptr_t)value };
    struct kvm_one_reg reg = { c->a, (uintptr_t)value };
    int attributes = c->operation == OP_ATTR_COPY;
    status = answered(attributes ? ioctl(get_from, KVM_GET_DEVICE_ATTR, &attribute)
                                 : ioctl(get_from, KVM_GET_ONE_REG, &reg));
    memcpy(&answer->value, value, sizeof answer->value);
    if (status)
        return status;
    for (uint32_t i = 0; attributes && i < c->length && i < sizeof value; i++)
        value[i] &= data[i];
    return answered(attributes ? ioctl(set_on, KVM_SET_DEVICE_ATTR, &attribute)
                               : ioctl(set_on, KVM_SET_ONE_REG, &reg));
}

/* Gets, sets or asks for one attribute or register. */
static int execute_on_value(struct machine *m, const struct command *c, const uint8_t *data, struct answer *answer,
                            uint8_t *out, uint32_t room)
{
    int of_reg = c->operation == OP_REG_SET || c->operation == OP_REG_GET;
    int fd = target_fd(m, of_reg ? VCPU_TARGET | c->index : c->index);
    if (fd < 0)
        return -EBADF;
    uint8_t value[VALUE_LIMIT] __attribute__((aligned(8))) = { 0 };
    if (c->length > sizeof value || c->c > sizeof value || c->c > room)
        return -EMSGSIZE;
    memcpy(value, data, c->length);

    struct kvm_device_attr attribute = { 0, (uint32_t)c->a, c->b, (uintptr_t)value };
    struct kvm_one_reg reg = { c->a, (uintptr_t)value };
    int status;
    switch (c->operation) {
    case OP_ATTR_SET:
        return answered(ioctl(fd, KVM_SET_DEVICE_ATTR, &attribute));
    case OP_ATTR_HAS:
        return answered(ioctl(fd, KVM_HAS_DEVICE_ATTR, &attribute));
    case OP_REG_SET:
        return answered(ioctl(fd, KVM_SET_ONE_REG, &reg));
    default:
        status = answered(of_reg ? ioctl(fd, KVM_GET_ONE_REG, &reg) : ioctl(fd, KVM_GET_DEVICE_ATTR, &attribute));
        if (!status) {
            answer->length = (uint32_t)c->c;
            memcpy(out, value, c->c);
        }
        return status;
    }
}

static int execute(const struct command *c, const uint8_t *data, struct answer *answer, uint8_t *out, uint32_t room)
{
    struct machine *m = &machines[c->vm];
    if (c->operation == OP_VM_OPEN)
        return vm_open(m, c->a);
    if (c->operation == OP_VM_CLOSE)
        return vm_close(m);
    if (!m->open)
        return -EBADF;

    struct vcpu *vcpu = c->index < VCPU_SLOTS && m->vcpus[c->index].fd >= 0 ? &m->vcpus[c->index] : NULL;
    switch (c->operation) {
    case OP_VCPU_CREATE:
        return vcpu_create(m, c->index, c->a);
    case OP_DEVICE_CREATE:
        return device_create(m, c->index, c->a);
    case OP_ATTR_SET: case OP_ATTR_GET: case OP_ATTR_HAS: case OP_REG_SET: case OP_REG_GET:
        return execute_on_value(m, c, data, answer, out, room);
    case OP_ATTR_COPY: case OP_REG_COPY: case OP_RAM_COPY:
        return execute_copy(m, c, data, answer);
    case OP_RAM_WRITE: case OP_RAM_READ:
        return execute_on_ram(m, c, data, answer, out, room);
    case OP_IRQ_LINE:
        return answered(ioctl(m->fd, KVM_IRQ_LINE, &(struct kvm_irq_level){ { (uint32_t)c->a }, (uint32_t)c->b }));
    case OP_COUNTER:
        return answered(ioctl(m->fd, KVM_ARM_SET_COUNTER_OFFSET_, &(struct counter_offset){ c->a, 0 }));
    case OP_RUN:
        if (!vcpu)
            return -EBADF;
        answer->length = sizeof(struct run_answer);
        return run_vcpu(vcpu, c->a, (struct run_answer *)out);
    case OP_PAGE_WRITE:
        if (!vcpu)
            return -EBADF;
        if (c->a > run_size || c->length > run_size - c->a)
            return -EINVAL;
        memcpy((uint8_t *)vcpu->run + c->a, data, c->length);
        return 0;
    case OP_VGIC_STATE:
        return vgic_state(m, out, room < TEXT_LIMIT ? room : TEXT_LIMIT, &answer->length);
    default:
        return -ENOSYS;
    }
}

void machine_execute(const struct command *command, const uint8_t *data, struct answer *answer, uint8_t *out,
                     uint32_t room)
{
    answer->length = 0;
    answer->value = 0;
    if (command->operation == OP_EXTENSION) {
        int result = ioctl(kvm, KVM_CHECK_EXTENSION, command->a);
        answer->status = answered(result);
        answer->value = result > 0 ? (uint64_t)result : 0;
        return;
    }
    answer->status = command->vm < VM_SLOTS ? execute(command, data, answer, out, room) : -EBADF;
}
