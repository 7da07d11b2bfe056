/*
 * What the agent in the emulated machine and Orrery say to each other, over one virtio serial port.
 *
 * Both directions carry frames: a header, then `length` bytes. A request frame holds a batch of commands, each a
 * `struct command` followed by its data; the answer frame has the same sequence number and holds one `struct answer`
 * with its data for each command, in order. All numbers are little-endian. A frame that is not what it claims to be
 * ends the agent: there is no way to find the start of the next one.
 *
 * The C# side is src/Orrery.Interrupts/Conformance/Agent/; a change here is a change there, and a new VERSION.
 */
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stdint.h>

#define VERSION 1u
#define FRAME_MAGIC 0x41565152u /* "RQVA" */
#define FRAME_LIMIT (8u << 20)  /* bytes after the header, either direction */

struct frame {
    uint32_t magic;
    uint32_t sequence;
    uint32_t length; /* bytes that follow */
    uint32_t crc;    /* CRC-32 (IEEE 802.3) of them */
};

/* The fields a, b and c are named for each operation below; unused ones are ignored. */
enum operation {
    OP_HELLO = 1,     /* value: VERSION; data: kernel release */
    OP_EXTENSION,     /* a: capability; value: answer of KVM_CHECK_EXTENSION on /dev/kvm */
    OP_VM_OPEN,       /* a: bytes of RAM, zeroed, at guest physical RAM_BASE */
    OP_VM_CLOSE,      /* closes whatever the slot holds, in the order vCPUs, devices, machine */
    OP_VCPU_CREATE,   /* index: vCPU; a: feature bits of KVM_ARM_VCPU_INIT, word 0 */
    OP_DEVICE_CREATE, /* index: device slot; a: KVM device type */
    OP_ATTR_SET,      /* index: target; a: group; b: attribute; data: the value, handed over as it is */
    OP_ATTR_GET,      /* index: target; a: group; b: attribute; c: bytes of the buffer; data: the buffer */
    OP_ATTR_HAS,      /* index: target; a: group; b: attribute */
    OP_REG_SET,       /* index: vCPU; a: register; data: its value */
    OP_REG_GET,       /* index: vCPU; a: register; c: bytes of the buffer; data: the buffer */
    OP_IRQ_LINE,      /* a: irq field of struct kvm_irq_level; b: level */
    OP_RUN,           /* index: vCPU; a: limit in milliseconds; data: struct run_answer */
    OP_RAM_WRITE,     /* a: offset in RAM; data */
    OP_RAM_READ,      /* a: offset in RAM; c: bytes; data */
    OP_PAGE_WRITE,    /* index: vCPU; a: offset in struct kvm_run; data */
    OP_COUNTER,       /* a: offset for KVM_ARM_SET_COUNTER_OFFSET */
    OP_VGIC_STATE,    /* data: text of KVM's vgic-state for this machine */
    OP_TRACE_START,   /* clears the trace and records the kvm events */
    OP_TRACE_STOP,    /* data: the text of the trace */
    OP_PIN,           /* a: processor that the agent runs on from now on */
    OP_SLEEP,         /* a: microseconds, at most one second */
    OP_ATTR_COPY,     /* index: target; a: group; b: attribute; c: bytes | COPY_TO(machine); data: 8 bytes, the bits to
                         set, the others as 0; value: what was got */
    OP_REG_COPY,      /* index: vCPU; a: register; c: bytes | COPY_TO(machine); value: what was copied */
    OP_RAM_COPY,      /* c: COPY_TO(machine), which has as much RAM */
    OP_COUNT_
};

struct command {
    uint16_t operation;
    uint8_t vm;
    uint8_t index; /* vCPU, device slot, or for attributes: VCPU_TARGET | vCPU, else device slot */
    uint32_t length;
    uint64_t a, b, c;
};

struct answer {
    int32_t status; /* 0, or an errno of <errno.h> negated */
    uint32_t length;
    uint64_t value;
};

struct run_answer {
    uint32_t exit_reason;
    uint32_t reserved;
    uint8_t exit_data[32]; /* the start of the union in struct kvm_run that belongs to the reason */
    uint64_t device_irq_level;
};

#define VM_SLOTS 4u
#define VCPU_SLOTS 8u
#define DEVICE_SLOTS 2u
#define VCPU_TARGET 0x80u
#define RAM_BASE 0x40000000ull
#define RAM_LIMIT (4u << 20)
#define VALUE_LIMIT 64u        /* bytes of one attribute or register */
#define COPY_TO(machine) ((uint64_t)(machine) << 32)
#define RUN_LIMIT_MS 60000u
#define TEXT_LIMIT (4u << 20)  /* bytes of a trace or of vgic-state; the rest is cut off */

#endif
