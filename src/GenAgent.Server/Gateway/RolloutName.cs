using System.Text.RegularExpressions;

namespace GenAgent.Server.Gateway;

/// <summary>Which attempt at which rollout. Immutable.</summary>
/// <param name="Rollout">The rollout, as its owner calls it.</param>
/// <param name="Attempt">The attempt, as <c>0</c>.</param>
internal readonly partial record struct RolloutName(string Rollout, string Attempt)
{
    /// <summary>A name from an address.</summary>
    /// <exception cref="RefusedException">A part has characters that no name has, or too many.</exception>
    public static RolloutName Of(string rollout, string attempt) => new(Checked("rollout", rollout), Checked("attempt", attempt));

    /// <summary>The id of a trajectory of this attempt.</summary>
    /// <param name="branch">Which conversation of the rollout, from 0.</param>
    public string TrajectoryId(int branch) => branch == 0 ? ToString() : FormattableString.Invariant($"{this}~{branch}");

    /// <summary>Rollout and attempt: no name has the sign between them.</summary>
    public override string ToString() => $"{Rollout}~{Attempt}";

    private static string Checked(string field, string value) => Name().IsMatch(value)
        ? value
        : throw RefusedException.BadField(field, $"The name of the {field} in the address has 1 to 128 letters, digits, dots, dashes and underscores.");

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,128}\z")]
    private static partial Regex Name();
}
