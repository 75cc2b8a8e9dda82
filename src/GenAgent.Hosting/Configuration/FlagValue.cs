namespace GenAgent.Hosting.Configuration;

/// <summary>A flag of the command line that sets an option.</summary>
/// <param name="Path">The option, as <c>Agent:MaxRounds</c>.</param>
/// <param name="Value">The value as text; null sets nothing.</param>
/// <param name="Flag">The flag as the user wrote it, for messages.</param>
public sealed record FlagValue(string Path, string? Value, string Flag)
{
    /// <summary>Reads what stands after <c>--set</c>.</summary>
    /// <exception cref="OptionException">It is no <c>PATH=VALUE</c>.</exception>
    public static FlagValue FromSetting(string setting)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        return equals > 0
            ? new FlagValue(setting[..equals].Replace('.', ':'), setting[(equals + 1)..], "--set")
            : throw new OptionException($"--set {setting}: write PATH=VALUE, as in --set Agent:MaxRounds=2.");
    }
}
