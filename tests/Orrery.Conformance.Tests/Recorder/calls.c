/* Makes the calls of a restore on /dev/null, which refuses all of them: what a recorder sees is the same. */
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <sys/ioctl.h>

int main(void)
{
    int fd = open("/dev/null", O_RDWR);
    uint32_t word = 2;
    uint64_t longword = 0xf0;
    struct kvm_create_device device = { .type = 7 };
    struct kvm_device_attr attribute = { .group = 1, .attr = 0x104, .addr = (uintptr_t)&word };
    struct kvm_device_attr control = { .group = 4, .attr = 0 };
    struct kvm_device_attr sysreg = { .group = 6, .attr = 0xc230, .addr = (uintptr_t)&longword };
    struct kvm_one_reg reg = { .id = 0x603000000013df19, .addr = (uintptr_t)&longword };
    struct kvm_irq_level line = { { 0x200001b }, 1 };
    struct { uint64_t offset, reserved; } counter = { 5, 0 };
    ioctl(fd, KVM_CREATE_VCPU, 3);
    ioctl(fd, KVM_CREATE_DEVICE, &device);
    ioctl(fd, KVM_SET_DEVICE_ATTR, &attribute);
    ioctl(fd, KVM_SET_DEVICE_ATTR, &control);
    ioctl(fd, KVM_SET_DEVICE_ATTR, &sysreg);
    ioctl(fd, KVM_SET_ONE_REG, &reg);
    ioctl(fd, KVM_IRQ_LINE, &line);
    ioctl(fd, _IOW(KVMIO, 0xb5, counter), &counter);
    ioctl(fd, KVM_RUN, 0);
    return 0;
}
