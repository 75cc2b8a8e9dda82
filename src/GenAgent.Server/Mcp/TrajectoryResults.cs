using System.ComponentModel;
using GenAgent.Protocol;
using GenAgent.Server.Browse;
using GenAgent.Trajectories;

namespace GenAgent.Server.Mcp;

/// <summary>A page of trajectories.</summary>
internal sealed record ListedTrajectories(
    [property: Description("The trajectories, newest first.")] IReadOnlyList<ListedTrajectory> Items,
    [property: Description("How many match in all.")] int Total,
    [property: Description("What to give as \"after\" for the next page; null for the last page.")] string? Next);

/// <summary>A trajectory in a list.</summary>
internal sealed record ListedTrajectory(
    [property: Description("Its id, for read_trajectory.")] string Id,
    [property: Description("The user's own words.")] string Prompt,
    [property: Description("passed, failed, declined, fault, or null for no verdict.")] string? Verdict,
    [property: Description("What a judge outside of the run said, from 0 to 1; null for none.")] double? Score,
    [property: Description("Rounds with an image.")] int Rounds,
    [property: Description("When it began.")] DateTimeOffset Created,
    [property: Description("The agent's model.")] string Model,
    [property: Description("The image generator.")] string Generator)
{
    public static ListedTrajectory Of(TrajectorySummary summary) =>
        new(summary.Id, summary.Prompt, summary.Verdict, summary.Score, summary.Rounds, summary.Created, summary.Model, summary.Generator);
}

/// <summary>One trajectory.</summary>
internal sealed record ReadTrajectory(
    string Id,
    [property: Description("The user's own words.")] string Prompt,
    DateTimeOffset Created,
    string Model,
    string Generator,
    [property: Description("Why the run ended.")] string StopReason,
    [property: Description("The id of the image that the run returned; null for none.")] string? Image,
    [property: Description("What the agent said at the end.")] string? Answer,
    [property: Description("The agent's turns, in order.")] IReadOnlyList<ReadTurn> Turns)
{
    public static ReadTrajectory Of(Trajectory trajectory) => new(
        trajectory.Id, trajectory.Prompt, trajectory.StartedAt, trajectory.Model.Name, trajectory.Generator.Name, $"{trajectory.StopReason}",
        trajectory.Answer?.ImageId, trajectory.Answer?.Text,
        [.. trajectory.Rounds.Select(ReadTurn.Of)]);
}

/// <summary>One turn of the agent, and what came of it.</summary>
internal sealed record ReadTurn(
    [property: Description("What the agent said of the image before; null for nothing.")] string? Judgment,
    [property: Description("Whether the agent found the image before right; null for no verdict.")] bool? Passed,
    [property: Description("What the agent thought.")] string? Thought,
    [property: Description("The prompt that the generator was given; null for no call.")] string? Prompt,
    [property: Description("The ids of the images that came back.")] IReadOnlyList<string> Images,
    [property: Description("What went wrong.")] IReadOnlyList<string> Faults)
{
    public static ReadTurn Of(Round round) => new(
        round.Judgment?.Text, round.Judgment is { } judgment ? judgment.Verdict == Verdict.Pass : null, round.Thought, round.Generation?.Prompt,
        [.. round.Images.Select(image => image.Id)], [.. round.Faults.Select(fault => fault.Message)]);
}
