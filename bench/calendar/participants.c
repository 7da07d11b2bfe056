/*
 * Synthetic participants of um_timetravel for the calendar's benchmark: each a process that asks for a turn, takes it and
 * gives it back, in round robin with the others. In C, so that what is measured is the calendar.
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
#include <sys/wait.h>
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

static int connection;
static uint32_t sequence;

static void fail(const char *what)
{
	perror(what);
	_exit(1);
}

static void tell(uint32_t operation, uint32_t number, uint64_t time)
{
	struct message message = { operation, number, time };

	if (send(connection, &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
		fail("send");
}

/* Reads messages, acknowledging those of the calendar, until one is the wanted one. */
static void await(uint32_t operation, int uses_memory)
{
	struct message message;

	do {
		if (recv(connection, &message, sizeof(message), MSG_WAITALL) != sizeof(message))
			fail("recv");
		if (message.operation != ACK && !(message.operation == RUN && uses_memory))
			tell(ACK, message.sequence, 0);
	} while (message.operation != operation);
}

static volatile struct memory *start(uint64_t id, int *slot)
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

	tell(START, ++sequence, id);
	if (recvmsg(connection, &header, 0) != sizeof(message))
		fail("recvmsg");
	rights = CMSG_FIRSTHDR(&header);
	if (!rights)
		return NULL;
	memcpy(descriptors, CMSG_DATA(rights), sizeof(descriptors));
	memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED, descriptors[0], 0);
	if (memory == MAP_FAILED || memory->version != 2)
		return NULL;
	memory = mremap(memory, sizeof(*memory), memory->length, MREMAP_MAYMOVE);
	*slot = message.time & 0xffff;
	return memory;
}

static uint64_t cpu_microseconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ull + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void participate(const char *path, int index, int count, int turns, int wants_memory, int result)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	volatile struct memory *memory;
	uint64_t time = index + 1, begin = 0;
	int slot = 0;

	strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
	connection = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(connection, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	memory = start(index + 1, &slot);
	if (!wants_memory)
		memory = NULL;
	if (memory)
		memory->slot[slot].capability = 1;
	for (int turn = 0; turn <= turns; turn++) {
		if (memory) {
			memory->slot[slot].request = time;
			memory->slot[slot].flags = 1;
			__sync_synchronize();
			tell(WAIT, ++sequence, -1);
			await(RUN, 1);
			memory->slot[slot].flags = 0;
		} else {
			tell(REQUEST, ++sequence, time);
			await(ACK, 0);
			tell(WAIT, ++sequence, -1);
			await(ACK, 0);
			await(RUN, 0);
		}
		if (turn == 0)
			begin = cpu_microseconds();
		time += count;
	}
	begin = cpu_microseconds() - begin;
	if (write(result, &begin, sizeof(begin)) != sizeof(begin))
		fail("write");
	_exit(0);
}

int main(int argc, char **argv)
{
	uint64_t sum = 0, one;
	cpu_set_t cpus;
	int result[2], count, turns, status, failed = 0;

	if (argc != 6) {
		fprintf(stderr, "usage: participants SOCKET COUNT TURNS memory|messages CPU\n");
		return 2;
	}
	count = atoi(argv[2]);
	turns = atoi(argv[3]);
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[5]), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	if (pipe(result))
		fail("pipe");
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			fail("fork");
		if (child == 0)
			participate(argv[1], i, count, turns, !strcmp(argv[4], "memory"), result[1]);
	}
	while (wait(&status) > 0)
		failed |= status != 0;
	close(result[1]);
	while (read(result[0], &one, sizeof(one)) == sizeof(one))
		sum += one;
	printf("%llu\n", (unsigned long long)sum);
	return failed;
}
