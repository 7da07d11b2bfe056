namespace Orrery.Interrupts.Tests;

/// <summary>Where a scenario of the catalogue is checked.</summary>
[Flags]
public enum CheckedBy
{
    /// <summary>On Orrery's own models.</summary>
    Model = 1,

    /// <summary>Against a trace recorded on real KVM.</summary>
    Golden = 2,

    /// <summary>On real KVM while the test runs.</summary>
    Live = 4,
}

/// <summary>
/// Marks a test as the check of one scenario of the catalogue (R01…, T…, G…, V…, P…, X…); the table in the documentation
/// is generated from these marks. One test may check several scenarios, and one scenario may have several tests.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ScenarioAttribute(string id, CheckedBy where = CheckedBy.Model) : Attribute
{
    /// <summary>The identifier of the scenario: a letter and two digits.</summary>
    public string Id { get; } = id;

    /// <summary>Where this test checks it.</summary>
    public CheckedBy Where { get; } = where;
}
