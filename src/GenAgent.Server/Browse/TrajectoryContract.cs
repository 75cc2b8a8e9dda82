using System.Text.Json;
using GenAgent.Server.Jobs;
using GenAgent.Trajectories;

namespace GenAgent.Server.Browse;

/// <summary>A whole trajectory as the API tells it: the summary's members, and the turns.</summary>
internal sealed record TrajectoryContract(
    string Id, string Source, string Prompt, string? Verdict, string? Outside, double? Score, int Rounds, int Images, int Faults, string Model,
        string Generator,
    string? Category, string Group, DateTimeOffset Created, string? Thumbnail)
{
    public TrajectoryTask? Task { get; init; }

    public required SeedsContract Seeds { get; init; }

    public required TimingsContract Timings { get; init; }

    public IReadOnlyList<ImageContract> OriginalImages { get; init; } = [];

    public required IReadOnlyList<TurnContract> Turns { get; init; }

    public AnswerContract? Answer { get; init; }

    public required string StopReason { get; init; }

    public string? Error { get; init; }

    public IReadOnlyDictionary<string, double>? Scores { get; init; }

    public IReadOnlyDictionary<string, double>? Rewards { get; init; }

    public string? Dialect { get; init; }

    public string? PolicyVersion { get; init; }

    public static TrajectoryContract Of(TrajectorySummary of, Trajectory whole, TokenTexts texts) => new(
        of.Id, of.Source, of.Prompt, of.Verdict, of.Outside, of.Score, of.Rounds, of.Images, of.Faults, of.Model, of.Generator, of.Category, of.Group,
            of.Created, of.Thumbnail)
    {
        Task = whole.Task,
        Seeds = new($"{whole.RootSeed}", whole.SeedPath),
        Timings = new(whole.Seconds, whole.Rounds.Sum(round => round.ModelSeconds), whole.Rounds.Sum(round => round.ToolSeconds)),
        OriginalImages = [.. whole.OriginalImages.Select(ImageContract.Of)],
        Turns = TurnContract.OfAll(whole, texts),
        Answer = whole.Answer is { } answer ? new(answer.Text, JobEvents.ImageUrl(answer.ImageId), answer.ImageId) : null,
        StopReason = JsonNamingPolicy.SnakeCaseLower.ConvertName(whole.StopReason.ToString()),
        Error = whole.Error,
        Scores = whole.Scores,
        Rewards = whole.Rewards,
        Dialect = whole.Dialect,
        PolicyVersion = whole.Trace?.Turns is [.., var last] ? last.PolicyVersion : whole.Model.Version,
    };
}

/// <summary>Where randomness comes from; the root as text, since JavaScript rounds large numbers.</summary>
internal sealed record SeedsContract(string Root, string Path);

/// <summary>Seconds.</summary>
internal sealed record TimingsContract(double Seconds, double ModelSeconds, double ToolSeconds);

/// <summary>The run's answer.</summary>
internal sealed record AnswerContract(string? Text, string Image, string ImageId);

/// <summary>An image.</summary>
internal sealed record ImageContract(string Id, string Url, int Width, int Height, long? Seed)
{
    public static ImageContract Of(ImageReference image) => new(image.Id, JobEvents.ImageUrl(image.Id), image.Width, image.Height, image.Seed);
}
