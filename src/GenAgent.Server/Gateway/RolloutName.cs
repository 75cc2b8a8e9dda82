namespace GenAgent.Server.Gateway;

/// <summary>Which attempt at which rollout. Immutable.</summary>
/// <param name="Rollout">The rollout, as its owner calls it.</param>
/// <param name="Attempt">The attempt, as <c>0</c>.</param>
internal readonly record struct RolloutName(string Rollout, string Attempt)
{
    private const int LongestName = 128;

    /// <summary>A name from an address.</summary>
    /// <exception cref="RefusedException">A part has characters that no name has, or too many.</exception>
    public static RolloutName Of(string rollout, string attempt) => new(Checked("rollout", rollout), Checked("attempt", attempt));

    /// <summary>The id of a trajectory of this attempt.</summary>
    /// <param name="branch">Which conversation of the rollout, from 0.</param>
    public string TrajectoryId(int branch) => branch == 0 ? ToString() : FormattableString.Invariant($"{this}~{branch}");

    /// <summary>Rollout and attempt: no name has the sign between them.</summary>
    public override string ToString() => $"{Rollout}~{Attempt}";

    private static string Checked(string field, string value) =>
        value.Length is > 0 and <= LongestName && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')
        ? value
        : throw RefusedException.BadField(field, $"The name of the {field} in the address has 1 to 128 letters, digits, dots, dashes and underscores.");
}
