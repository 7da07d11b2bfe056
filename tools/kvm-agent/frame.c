#include "frame.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static uint32_t crc_table[256];

static uint32_t crc32(const uint8_t *data, size_t length)
{
    if (!crc_table[1]) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t c = i;
            for (int bit = 0; bit < 8; bit++)
                c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
            crc_table[i] = c;
        }
    }
    uint32_t crc = ~0u;
    for (size_t i = 0; i < length; i++)
        crc = crc_table[(crc ^ data[i]) & 0xff] ^ crc >> 8;
    return ~crc;
}

static int read_all(int fd, void *buffer, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = read(fd, (char *)buffer + done, length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fprintf(stderr, "agent: the port closed: %s\n", n < 0 ? strerror(errno) : "end of file");
            return -1;
        }
        done += (size_t)n;
    }
    return 0;
}

static int write_all(int fd, const void *buffer, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = write(fd, (const char *)buffer + done, length - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            fprintf(stderr, "agent: cannot answer: %s\n", strerror(errno));
            return -1;
        }
        done += (size_t)n;
    }
    return 0;
}

int frame_read(int fd, struct frame *header, uint8_t *payload)
{
    if (read_all(fd, header, sizeof *header))
        return -1;
    if (header->magic != FRAME_MAGIC || header->length > FRAME_LIMIT) {
        fprintf(stderr, "agent: not a frame: magic %08x, length %u\n", header->magic, header->length);
        return -1;
    }
    if (read_all(fd, payload, header->length))
        return -1;
    if (crc32(payload, header->length) != header->crc) {
        fprintf(stderr, "agent: frame %u is damaged\n", header->sequence);
        return -1;
    }
    return 0;
}

int frame_write(int fd, uint32_t sequence, const uint8_t *payload, uint32_t length)
{
    struct frame header = { FRAME_MAGIC, sequence, length, crc32(payload, length) };
    return write_all(fd, &header, sizeof header) || write_all(fd, payload, length) ? -1 : 0;
}
