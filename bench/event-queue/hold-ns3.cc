// Hold model on ns-3's simulator: N events are pending; each one, when it runs, schedules its successor.
// hold-ns3 SCHEDULER PENDING EVENTS: prints nanoseconds per event.
#include "ns3/core-module.h"
#include "hold.h"

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace ns3;

static Increments increments;
static uint64_t left;

static void Hold()
{
    if (left-- == 0)
    {
        Simulator::Stop();
        return;
    }
    Simulator::Schedule(NanoSeconds(increments.Next()), &Hold);
}

int main(int argc, char** argv)
{
    if (argc != 4)
    {
        std::fprintf(stderr, "usage: hold-ns3 SCHEDULER PENDING EVENTS\n");
        return 2;
    }
    ObjectFactory factory;
    factory.SetTypeId(std::string("ns3::") + argv[1]);
    Simulator::SetScheduler(factory);
    uint64_t pending = std::strtoull(argv[2], nullptr, 10);
    uint64_t events = std::strtoull(argv[3], nullptr, 10);
    for (uint64_t i = 0; i < pending; i++)
    {
        Simulator::Schedule(NanoSeconds(increments.Next()), &Hold);
    }
    left = pending + events / 4; // warm-up: the queue reaches its steady shape
    Simulator::Run();
    left = events;
    uint64_t begin = CpuNanoseconds();
    Simulator::Run();
    std::printf("%.2f\n", double(CpuNanoseconds() - begin) / double(events));
    std::fflush(stdout);
    std::quick_exit(0);
}
