using GenAgent.Trajectories;

namespace GenAgent.Training.Tests;

/// <summary>A trajectory that was answered, with nothing to it but its rounds.</summary>
internal static class BareTrajectory
{
    public static Trajectory Of(params Round[] rounds) => new()
    {
        Id = "t",
        Prompt = "a red circle",
        StartedAt = DateTimeOffset.UnixEpoch,
        Model = new("m"),
        Generator = new("g"),
        RootSeed = 1,
        Instructions = "i",
        Opening = "a red circle",
        Rounds = rounds,
        StopReason = StopReason.Answered,
    };
}
