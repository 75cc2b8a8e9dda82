using System.Globalization;
using GenAgent.Trajectories;

namespace GenAgent.Training.Grpo.Rollouts;

/// <summary>Which weights sampled a rollout.</summary>
internal static class RolloutVersions
{
    /// <summary>The versions of the turns that name one; null for a name that is no number, as of weights that training never made.</summary>
    public static IEnumerable<long?> Of(Trajectory trajectory) => (trajectory.Trace?.Turns ?? []).Select(turn => turn.PolicyVersion).OfType<string>()
        .Select(name => long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : (long?)null);

    /// <summary>Whether all versions that are named lie within bounds.</summary>
    public static bool AreWithin(Trajectory trajectory, long oldest, long newest) =>
        Of(trajectory).All(version => version >= oldest && version <= newest);
}
