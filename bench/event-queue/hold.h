// What every hold program shares, so that all of them do the same work beside the queue.
#pragma once
#include <cmath>
#include <cstdint>
#include <ctime>
#include <vector>

// Exponentially distributed increments, mean 1 ms, drawn before the measurement. The same numbers as in HoldModel.cs.
class Increments
{
  public:
    Increments() : table_(Count)
    {
        uint64_t state = 1;
        for (auto& increment : table_)
        {
            state = state * 6364136223846793005u + 1442695040888963407u;
            double uniform = double((state >> 11) + 1) / 9007199254740993.0;
            increment = uint64_t(-std::log(uniform) * 1e6) + 1;
        }
    }

    uint64_t Next() { return table_[next_++ & (Count - 1)]; }

  private:
    static constexpr uint64_t Count = 1 << 16;
    std::vector<uint64_t> table_;
    uint64_t next_ = 0;
};

// Processor time of this process: other load on the machine disturbs it least.
inline uint64_t CpuNanoseconds()
{
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return uint64_t(now.tv_sec) * 1000000000u + uint64_t(now.tv_nsec);
}
