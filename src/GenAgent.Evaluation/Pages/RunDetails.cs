using GenAgent.Evaluation.Runs;
using GenAgent.Evaluation.Systems;
using GenAgent.Trajectories;

namespace GenAgent.Evaluation.Pages;

/// <summary>What a page tells of a sample's run: the agent's turns, and the judge's replies.</summary>
internal sealed class RunDetails
{
    private const string SubFolder = "trajectories";

    private readonly Dictionary<string, IReadOnlyList<Turn>> _turns = new(StringComparer.Ordinal);

    /// <summary>Reads the trajectories of an evaluation's folder, where there are any.</summary>
    public static async Task<RunDetails> ReadAsync(string folder, CancellationToken cancellationToken = default)
    {
        var details = new RunDetails();
        var runs = new TrajectoryFolder(Path.Combine(folder, SubFolder));
        if (!File.Exists(runs.TrajectoryFile))
            return details;
        await foreach (var trajectory in runs.ReadAllAsync(cancellationToken: cancellationToken))
            details._turns[trajectory.Id] = [.. trajectory.Rounds.Select(Turn.Of)];
        return details;
    }

    public bool Has(Sample sample) => sample.Replies.Count > 0 || TurnsOf(sample.Agent) is not null;

    public object Of(Sample sample) => new
    {
        sent = sample.SentPrompt,
        turns = TurnsOf(sample.Agent),
        replies = sample.Replies.Count == 0 ? null : sample.Replies.Select(r => r.Text ?? r.Error),
    };

    private IReadOnlyList<Turn>? TurnsOf(AgentConduct? agent) => agent is null ? null : _turns.GetValueOrDefault(agent.Trajectory);

    private sealed record Turn(string? Judgment, string? Thought, string? Prompt, string? Image, string? Answer, IReadOnlyList<string>? Faults)
    {
        public static Turn Of(Round round) => new(
            round.Judgment is { } judgment ? $"{judgment.Text} ({judgment.Verdict.ToString().ToLowerInvariant()})" : null,
            round.Thought,
            round.Generation?.Prompt,
            round.Shown is { } shown ? $"{SubFolder}/{round.Images[shown].Path()}" : null,
            round.Answer,
            round.Faults.Count == 0 ? null : [.. round.Faults.Select(f => f.Message)]);
    }
}
