namespace GenAgent.Validation;

/// <summary>An option and its value as <c>--set</c> takes them: <c>training.steps=200</c>, <c>Agent:MaxRounds=2</c>, <c>data.0.path=runs/mine</c>.</summary>
/// <param name="Names">The names on the way to the option; a place in a list is its number, from 0.</param>
/// <param name="Value">The value as text; may be empty.</param>
public sealed record Assignment(IReadOnlyList<string> Names, string Value)
{
    private static readonly char[] Separators = ['.', ':'];

    /// <summary>The path as a configuration writes it: <c>Agent:MaxRounds</c>.</summary>
    public string ConfigurationPath => string.Join(':', Names);

    /// <summary>Reads <c>PATH=VALUE</c>, with <c>.</c> or <c>:</c> between the names of the path.</summary>
    /// <param name="text">The text.</param>
    /// <param name="assignment">What it says.</param>
    /// <param name="problem">What is wrong with it; null if nothing is.</param>
    /// <returns>False if it is no assignment.</returns>
    public static bool TryParse(string text, out Assignment assignment, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        string[] names = equals > 0 ? text[..equals].Trim().Split(Separators) : [];
        var sound = names.Length > 0 && names.All(name => name.Length > 0);
        problem = sound ? null : $"--set {text}: write PATH=VALUE, as in --set Agent:MaxRounds=2 or --set training.steps=200.";
        assignment = new(names, sound ? text[(equals + 1)..] : string.Empty);
        return sound;
    }
}
