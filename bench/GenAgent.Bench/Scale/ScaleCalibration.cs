using GenAgent.Trajectories;

namespace GenAgent.Bench.Scale;

/// <summary>
/// A scenario by what kept runs took: images per run, tokens and seconds per turn and image, failures. The seconds are those of the runs' own servers at the
/// load that they had, waiting included: measure where the servers are as busy as they shall be.
/// </summary>
internal static class ScaleCalibration
{
    /// <summary>Measures the runs of a folder.</summary>
    /// <param name="folder">A folder with trajectories.</param>
    /// <param name="usual">What runs do not tell: GPUs, sequences, prices, reading speed, prefix hits.</param>
    /// <returns>The scenario, and how many runs it rests on.</returns>
    /// <exception cref="InvalidDataException">The folder holds no run that made an image, or its servers counted no tokens.</exception>
    public static async Task<(ScaleScenario Scenario, int Runs)> MeasureAsync(string folder, ScaleScenario usual)
    {
        List<Trajectory> runs = [];
        await foreach (var run in new TrajectoryFolder(folder).ReadAllAsync())
        {
            if (run.ImageRounds > 0) runs.Add(run);
        }

        Round[] turns = [.. runs.SelectMany(run => run.Rounds).Where(round => !round.IsFallback)];
        if (turns.Length == 0 || turns.Sum(turn => turn.Tokens.Output) == 0)
            throw new InvalidDataException($"{folder} holds no run with an image and counted tokens: there is nothing to measure.");
        Round[] painted = [.. turns.Where(turn => turn.Images.Count > 0)];

        // What a turn reads more than the turn before it had read and written is the tool's answer: the image.
        double[] shown = [.. runs.SelectMany(run => run.Conversation.Zip(run.Conversation.Skip(1)))
            .Where(pair => pair.First.Shown is not null)
            .Select(pair => (double)(pair.Second.Tokens.Input - pair.First.Tokens.Input - pair.First.Tokens.Output))];
        var failed = turns.Sum(turn => turn.Faults.Count(fault => fault.Kind is FaultKind.GeneratorFailure or FaultKind.BadImage));
        var written = turns.Average(turn => (double)turn.Tokens.Output);
        var most = runs.Max(run => run.ImageRounds);
        return (usual with
        {
            Images = [.. Enumerable.Range(1, most).Select(images => runs.Count(run => run.ImageRounds == images) / (double)runs.Count)],
            PromptTokens = (int)Math.Round(runs.Average(run => run.Rounds[0].Tokens.Input)),
            ImageTokens = shown.Length == 0 ? usual.ImageTokens : (int)Math.Round(shown.Average()),
            TurnTokens = (int)Math.Round(written),
            PrefillTokens = double.PositiveInfinity,
            DecodeTokens = written / turns.Average(turn => turn.ModelSeconds),
            ImageSeconds = painted.Average(turn => turn.ToolSeconds),
            Failures = failed / (double)(turns.Length + painted.Length + failed),
        }, runs.Count);
    }
}
