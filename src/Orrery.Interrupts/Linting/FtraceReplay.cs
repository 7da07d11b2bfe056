using System.Globalization;
using System.Text.RegularExpressions;

namespace Orrery.Interrupts.Linting;

/// <summary>
/// Checks an ftrace of the kvm events of arm64 (the text of tracefs or of <c>trace-cmd report</c>) against the rules of
/// timer routing to user space: every level change reaches user space before the guest runs again, no level is kept that
/// the timer no longer drives, nobody is called without news.
/// </summary>
public static partial class FtraceReplay
{
    private const int VirtualTimerIndex = 1; // enum kvm_arch_timers
    private const int VirtualTimerPpi = 27;
    private const int StormLength = 16;
    private const int LineLimit = 4096;
    private const ulong Enable = 1, Mask = 2, Status = 4;

    /// <summary>Replays a trace. False, with the line, when it is no text of ftrace or holds no event of KVM.</summary>
    public static bool TryReplay(string text, out IReadOnlyList<LintFinding> findings, out string problem)
    {
        var found = new List<LintFinding>();
        var threads = new Dictionary<string, Thread>(StringComparer.Ordinal);
        var clocks = new Dictionary<string, double>(StringComparer.Ordinal);
        bool hasGic = text.Contains(" vgic_update_irq_pending: ", StringComparison.Ordinal);
        int number = 0, events = 0;
        findings = found;
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (line.Length > LineLimit || line.ContainsAnyInRange('\0', '\b'))
            {
                problem = $"line {number}: not text of a trace";
                return false;
            }

            if (Event().Match(line.ToString()) is not { Success: true } match)
            {
                continue;
            }

            events++;
            string cpu = match.Groups["cpu"].Value;
            double time = double.Parse(match.Groups["time"].Value, CultureInfo.InvariantCulture);
            if (clocks.TryGetValue(cpu, out double before) && time < before)
            {
                found.Add(new LintFinding(number, "time", $"cpu {cpu}: {time:F6} follows {before:F6}"));
            }

            clocks[cpu] = time;
            string task = match.Groups["task"].Value;
            if (!threads.TryGetValue(task, out Thread? thread))
            {
                threads[task] = thread = new Thread();
            }

            Follow(thread, match.Groups["event"].Value, match.Groups["rest"].Value, number, hasGic, found);
        }

        problem = events == 0 ? $"line {number}: the trace has no event of KVM" : string.Empty;
        return events > 0;
    }

    private static void Follow(Thread thread, string name, string rest, int line, bool hasGic, List<LintFinding> found)
    {
        switch (name)
        {
            case "kvm_timer_update_irq" when Level().Match(rest) is { Success: true } level:
                if (int.TryParse(level.Groups[1].Value, out int irq) && irq == VirtualTimerPpi)
                {
                    thread.Forced = thread.Line != (level.Groups[2].Value == "1") ? 0 : thread.Forced;
                    thread.Line = level.Groups[2].Value == "1";
                }

                break;
            case "kvm_userspace_exit":
                thread.Published = thread.Line;
                thread.Forced = rest.Contains("restart", StringComparison.Ordinal) ? thread.Forced + 1 : 0;
                if (thread.Forced == StormLength)
                {
                    found.Add(new LintFinding(line, "storm", $"{StormLength} returns to user space in a row without a change of the level"));
                }

                break;
            case "kvm_entry":
                if (!hasGic && thread.Line != thread.Published)
                {
                    found.Add(new LintFinding(line, "published",
                        $"the guest runs while the timer's level is {(thread.Line ? 1 : 0)} and user space was last told {(thread.Published ? 1 : 0)}"));
                    thread.Published = thread.Line;
                }

                if (thread.InGuest)
                {
                    found.Add(new LintFinding(line, "entry", "the vCPU enters its guest without having left it"));
                }

                thread.InGuest = true;
                break;
            case "kvm_exit":
                thread.InGuest = false;
                break;
            case "kvm_timer_save_state" when State().Match(rest) is { Success: true } state:
                if (state.Groups[2].Value == $"{VirtualTimerIndex}"
                    && ulong.TryParse(state.Groups[1].Value, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong control))
                {
                    bool output = (control & (Enable | Mask | Status)) == (Enable | Status);
                    if (thread.Line && !output)
                    {
                        found.Add(new LintFinding(line, "stale-level", $"the timer is saved with CTL 0x{control:x}, its line low, and its level is still 1"));
                    }
                }

                break;
        }
    }

    [GeneratedRegex(@"^\s*(?<task>\S.*?-\d+)\s.*?\[(?<cpu>\d+)\].*?\s(?<time>\d+\.\d+):\s+(?<event>(?:kvm|vgic)_\w+):\s*(?<rest>.*)$")]
    private static partial Regex Event();

    [GeneratedRegex(@"IRQ (\d{1,4}), level ([01])")]
    private static partial Regex Level();

    [GeneratedRegex(@"CTL: 0x([0-9a-f]{1,16})\s.*arch_timer_ctx_index: (\d)")]
    private static partial Regex State();

    /// <summary>What is known of one thread, which is one vCPU.</summary>
    private sealed class Thread
    {
        public bool Line { get; set; }

        public bool Published { get; set; }

        public bool InGuest { get; set; }

        public int Forced { get; set; }
    }
}
