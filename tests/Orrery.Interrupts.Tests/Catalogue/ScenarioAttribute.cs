namespace Orrery.Interrupts.Tests.Catalogue;

/// <summary>Against what a scenario is checked.</summary>
[Flags]
public enum CheckedBy
{
    /// <summary>The models, in memory.</summary>
    Model = 1,

    /// <summary>A trace recorded from real KVM, kept in the repository.</summary>
    GoldenTrace = 2,

    /// <summary>KVM itself, when the test runs.</summary>
    LiveKvm = 4,
}

/// <summary>
/// Says that a test checks a scenario of the catalogue (<c>scenarios.txt</c>). From these attributes the table in
/// <c>docs/irq-catalogue.md</c> is generated; a scenario without a test, and a stale table, fail.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ScenarioAttribute(string id, CheckedBy checkedBy = CheckedBy.Model) : Attribute
{
    public string Id { get; } = id;

    public CheckedBy CheckedBy { get; } = checkedBy;
}
