/*
 * Synthetic participants of um_timetravel for the calendar's benchmark: each asks for a turn, takes it and gives it back, in
 * round robin with the others. In C and all in one process, so that what is measured is the calendar: a process each adds
 * what the host's caches lose from one process to the next (see exchange.c).
 *
 * participants SOCKET COUNT TURNS memory|messages CPU
 *
 * Prints the CPU time of all participants between their first turn and their last, in microseconds.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ACK, START, REQUEST, WAIT, GET, UPDATE, RUN, FREE_UNTIL };

struct message {
	uint32_t operation, sequence;
	uint64_t time;
};

struct memory {
	uint32_t version, length;
	uint64_t free_until, current_time;
	uint16_t running, slots;
	uint8_t rest[4096 - 28];
	struct {
		uint32_t capability, flags;
		uint64_t request, name;
		uint8_t rest[104];
	} slot[];
};

struct participant {
	int connection, slot;
	uint32_t sequence;
	uint64_t time;
	volatile struct memory *memory; /* NULL: speaks in messages */
};

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static void tell(struct participant *p, uint32_t operation, uint32_t number, uint64_t time)
{
	struct message message = { operation, number, time };

	if (send(p->connection, &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
		fail("send");
}

/* Reads messages, acknowledging those of the calendar, until one is the wanted one. */
static void await(struct participant *p, uint32_t operation)
{
	struct message message;

	do {
		if (recv(p->connection, &message, sizeof(message), MSG_WAITALL) != sizeof(message))
			fail("recv");
		if (message.operation != ACK && !(message.operation == RUN && p->memory))
			tell(p, ACK, message.sequence, 0);
	} while (message.operation != operation);
}

static void join(struct participant *p, const char *path, uint64_t id)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	p->connection = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(p->connection, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	tell(p, START, ++p->sequence, id);
}

static void be_admitted(struct participant *p, int wants_memory)
{
	struct message message;
	struct iovec vector = { &message, sizeof(message) };
	union {
		char bytes[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct msghdr header = {
		.msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *rights;
	struct memory *memory;
	int descriptors[2];

	if (recvmsg(p->connection, &header, 0) != sizeof(message))
		fail("recvmsg");
	rights = CMSG_FIRSTHDR(&header);
	if (!rights || !wants_memory)
		return;
	memcpy(descriptors, CMSG_DATA(rights), sizeof(descriptors));
	memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[0], 0);
	if (memory == MAP_FAILED || memory->version != 2)
		return;
	p->memory = mremap(memory, sizeof(*memory), memory->length, MREMAP_MAYMOVE);
	p->slot = message.time & 0xffff;
	p->memory->slot[p->slot].capability = 1;
}

static void ask(struct participant *p)
{
	if (p->memory) {
		p->memory->slot[p->slot].request = p->time;
		p->memory->slot[p->slot].flags = 1;
		__sync_synchronize();
		tell(p, WAIT, ++p->sequence, -1);
	} else {
		tell(p, REQUEST, ++p->sequence, p->time);
		await(p, ACK);
		tell(p, WAIT, ++p->sequence, -1);
		await(p, ACK);
	}
}

static void take(struct participant *p, int count)
{
	await(p, RUN);
	if (p->memory)
		p->memory->slot[p->slot].flags = 0;
	p->time += count;
}

static uint64_t cpu_microseconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ull + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

int main(int argc, char **argv)
{
	struct participant *participants;
	cpu_set_t cpus;
	uint64_t begin = 0;
	int count, turns;

	if (argc != 6) {
		fprintf(stderr, "usage: participants SOCKET COUNT TURNS memory|messages CPU\n");
		return 2;
	}
	count = atoi(argv[2]);
	turns = atoi(argv[3]);
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[5]), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	participants = calloc(count, sizeof(*participants));
	for (int i = 0; i < count; i++)
		join(&participants[i], argv[1], i + 1);
	for (int i = 0; i < count; i++) {
		participants[i].time = i + 1;
		be_admitted(&participants[i], !strcmp(argv[4], "memory"));
		ask(&participants[i]);
	}
	for (int turn = 0; turn <= turns; turn++) {
		if (turn == 1)
			begin = cpu_microseconds();
		for (int i = 0; i < count; i++) {
			take(&participants[i], count);
			if (turn < turns)
				ask(&participants[i]);
			else
				close(participants[i].connection);
		}
	}
	printf("%llu\n", (unsigned long long)(cpu_microseconds() - begin));
	return 0;
}
