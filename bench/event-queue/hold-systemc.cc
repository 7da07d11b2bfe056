// Hold model on SystemC's kernel: N method processes, each of which, when it runs, waits for its next time.
// hold-systemc PENDING EVENTS: prints nanoseconds per event.
#define SC_INCLUDE_DYNAMIC_PROCESSES
#include <systemc>
#include "hold.h"

#include <cstdio>
#include <cstdlib>

static Increments increments;
static uint64_t left;

static void Hold()
{
    if (left-- == 0)
    {
        sc_core::sc_pause();
    }
    // A method's timeout is one timed notification in the kernel's queue.
    sc_core::next_trigger(sc_core::sc_time::from_value(increments.Next()));
}

int sc_main(int argc, char** argv)
{
    if (argc != 3)
    {
        std::fprintf(stderr, "usage: hold-systemc PENDING EVENTS\n");
        return 2;
    }
    uint64_t pending = std::strtoull(argv[1], nullptr, 10);
    uint64_t events = std::strtoull(argv[2], nullptr, 10);
    sc_core::sc_set_time_resolution(1, sc_core::SC_NS);
    sc_core::sc_spawn_options method;
    method.spawn_method();
    for (uint64_t i = 0; i < pending; i++)
    {
        sc_core::sc_spawn(&Hold, nullptr, &method);
    }
    left = 2 * pending + events / 4; // the first runs, then a warm-up: the queue reaches its steady shape
    sc_core::sc_start();
    left = events;
    uint64_t begin = CpuNanoseconds();
    sc_core::sc_start();
    std::printf("%.2f\n", double(CpuNanoseconds() - begin) / double(events));
    std::fflush(stdout);
    std::quick_exit(0);
}
