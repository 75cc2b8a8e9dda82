using GenAgent.Evaluation.Statistics;

namespace GenAgent.Evaluation.Properties;

/// <summary>The paper's three properties of an agent, measured. Immutable.</summary>
/// <param name="Tools">Cross-tool generalization: what the agent adds to each generator.</param>
/// <param name="Rounds">Test-time scaling: a line a generator and limit of rounds.</param>
/// <param name="Categories">Task-adaptive reasoning by category, over all generators.</param>
/// <param name="Difficulties">Task-adaptive reasoning by how much the prompt asks for.</param>
public sealed record PropertyReport(
    IReadOnlyList<ToolGain> Tools, IReadOnlyList<RoundFigures> Rounds, IReadOnlyList<EffortFigures> Categories, IReadOnlyList<EffortFigures> Difficulties);

/// <summary>What an agent adds to a generator.</summary>
/// <param name="Generator">The generator.</param>
/// <param name="Trained">Whether the agent was trained with it.</param>
/// <param name="Alone">Success of the generator alone.</param>
/// <param name="AloneInterval">Its 95 % interval, over prompts.</param>
/// <param name="WithAgent">Success of the agent with it.</param>
/// <param name="WithAgentInterval">Its 95 % interval, over prompts.</param>
/// <param name="Gain">The difference, prompt by prompt.</param>
/// <param name="GainInterval">Its 95 % interval, over prompts.</param>
public sealed record ToolGain(
    string Generator, bool Trained, double Alone, Interval AloneInterval, double WithAgent, Interval WithAgentInterval, double Gain, Interval GainInterval);

/// <summary>An agent held to a number of rounds.</summary>
/// <param name="Generator">The generator.</param>
/// <param name="Limit">The most images that a run may make.</param>
/// <param name="Success">Success of the image that it would have returned.</param>
/// <param name="Interval">Its 95 % interval, over prompts.</param>
/// <param name="BestSoFar">Success when the best of its images so far counts: what a perfect choice among them would be worth.</param>
/// <param name="Images">Images a run.</param>
/// <param name="LaterWorse">Of images that followed a right one, the share that is wrong: what going on costs; null where none followed.</param>
/// <param name="LaterBetter">Of images that followed a wrong one, the share that is right; null where none followed.</param>
public sealed record RoundFigures(
    string Generator, int Limit, double Success, Interval Interval, double BestSoFar, double Images, double? LaterWorse, double? LaterBetter);

/// <summary>How much an agent does for prompts of a kind.</summary>
/// <param name="Name">The kind.</param>
/// <param name="Runs">How many runs.</param>
/// <param name="ThinkingWords">Words of reasoning before the first image, a run.</param>
/// <param name="OutputTokens">Tokens written, a run.</param>
/// <param name="Rounds">Turns of the model, a run.</param>
/// <param name="Images">Images, a run.</param>
/// <param name="ImageShares">Share of runs that stop at 1, 2, 3, ... images; the last holds all above.</param>
/// <param name="Success">Success.</param>
public sealed record EffortFigures(
    string Name, int Runs, double ThinkingWords, double OutputTokens, double Rounds, double Images, IReadOnlyList<double> ImageShares, double Success)
{
    /// <summary>Tokens of reasoning before the first image, a run; null where a run of an earlier version did not record them.</summary>
    public double? ThinkingTokens { get; init; }
}
