namespace Orrery.Interrupts.Linting;

/// <summary>A violated rule of save and restore (docs/irq-lint.md), and where.</summary>
/// <param name="Line">The line of the trace; 0 where a whole file is meant.</param>
/// <param name="Rule">The rule's name.</param>
/// <param name="Message">What was found, and what follows from it.</param>
public readonly record struct LintFinding(int Line, string Rule, string Message);
