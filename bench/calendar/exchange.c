/*
 * What a turn costs at least: one 16-byte message to a process and one back, with epoll, in round robin among COUNT processes
 * on one core. No calendar, no memory, no order.
 *
 * exchange COUNT TURNS CPU
 *
 * Prints the CPU time of the process that grants, and of all the others together, in microseconds.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t cpu_microseconds(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000ull + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	int count, turns, poll = epoll_create1(0), *ends;
	struct epoll_event event = { .events = EPOLLIN };
	uint64_t begin, server, message[2] = { 0 };
	cpu_set_t cpus;

	if (argc != 4) {
		fprintf(stderr, "usage: exchange COUNT TURNS CPU\n");
		return 2;
	}
	count = atoi(argv[1]);
	turns = atoi(argv[2]);
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[3]), &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	ends = calloc(count, sizeof(*ends));
	for (int i = 0; i < count; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
			fail("socketpair");
		if (fork() == 0) {
			close(pair[0]);
			for (int k = 0; k < i; k++)
				close(ends[k]);
			while (recv(pair[1], message, sizeof(message), 0) == sizeof(message))
				send(pair[1], message, sizeof(message), MSG_NOSIGNAL);
			_exit(0);
		}
		close(pair[1]);
		ends[i] = pair[0];
		event.data.u32 = i;
		epoll_ctl(poll, EPOLL_CTL_ADD, pair[0], &event);
	}
	begin = cpu_microseconds(RUSAGE_SELF);
	for (int turn = 0; turn < turns; turn++) {
		if (send(ends[turn % count], message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
			fail("send");
		if (epoll_wait(poll, &event, 1, -1) != 1)
			fail("epoll_wait");
		if (recv(ends[event.data.u32], message, sizeof(message), 0) != sizeof(message))
			fail("recv");
	}
	server = cpu_microseconds(RUSAGE_SELF) - begin;
	for (int i = 0; i < count; i++)
		close(ends[i]);
	while (wait(NULL) > 0)
		;
	printf("%llu %llu\n", (unsigned long long)server, (unsigned long long)cpu_microseconds(RUSAGE_CHILDREN));
	return 0;
}
