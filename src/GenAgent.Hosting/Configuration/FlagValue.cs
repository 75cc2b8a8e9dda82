using GenAgent.Validation;

namespace GenAgent.Hosting.Configuration;

/// <summary>A flag of the command line that sets an option.</summary>
/// <param name="Path">The option, as <c>Agent:MaxRounds</c>.</param>
/// <param name="Value">The value as text; null sets nothing.</param>
/// <param name="Flag">The flag as the user wrote it, for messages.</param>
public sealed record FlagValue(string Path, string? Value, string Flag)
{
    /// <summary>Reads what stands after <c>--set</c>.</summary>
    /// <param name="setting"><c>PATH=VALUE</c>.</param>
    /// <returns>The option's path and its value.</returns>
    /// <exception cref="OptionException">It is no <c>PATH=VALUE</c>.</exception>
    public static FlagValue FromSetting(string setting) => Assignment.TryParse(setting, out var assignment, out var problem)
        ? new FlagValue(assignment.ConfigurationPath, assignment.Value, "--set")
        : throw new OptionException(problem!);
}
