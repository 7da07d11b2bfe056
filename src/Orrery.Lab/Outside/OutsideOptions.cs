namespace Orrery.Lab.Outside;

/// <summary>The calendar and the networks that a lab's machines join when they are somebody else's.</summary>
/// <param name="Calendar">The calendar's socket.</param>
/// <param name="Segments">By the name of a network of the lab: the vhost-user socket of the device that is that network.</param>
public sealed record OutsideOptions(string Calendar, IReadOnlyDictionary<string, string> Segments);
