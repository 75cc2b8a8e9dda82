using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;

namespace GenAgent.Evaluation.Properties;

/// <summary>
/// The two evaluations that say what an agent adds to a generator: the generator alone, and the agent with it, every image judged. Immutable.
/// </summary>
/// <param name="Generator">The generator's URI.</param>
/// <param name="Trained">Whether the agent was trained with it.</param>
/// <param name="Tasks">The prompts.</param>
/// <param name="Alone">The generator's samples.</param>
/// <param name="Agent">The agent's samples.</param>
public sealed record PropertyRuns(string Generator, bool Trained, IReadOnlyList<BenchmarkTask> Tasks, IReadOnlyList<Sample> Alone, IReadOnlyList<Sample> Agent)
{
    /// <summary>Reads the folders of two finished evaluations over the same prompts and seeds.</summary>
    /// <param name="benchmark">The prompts.</param>
    /// <param name="generator">The generator's URI.</param>
    /// <param name="trained">Whether the agent was trained with it.</param>
    /// <param name="aloneFolder">The evaluation of the generator alone.</param>
    /// <param name="agentFolder">The evaluation of the agent with it.</param>
    /// <returns>The samples of both, ready to be compared.</returns>
    /// <exception cref="ArgumentException">They differ in prompts or seeds, or are not finished.</exception>
    public static PropertyRuns Load(IBenchmark benchmark, string generator, bool trained, string aloneFolder, string agentFolder)
    {
        ArgumentNullException.ThrowIfNull(benchmark);
        var ((aloneManifest, alone, aloneSamples), (agentManifest, agent, agentSamples)) = (EvaluationFolder.Load(aloneFolder),
            EvaluationFolder.Load(agentFolder));
        if (aloneManifest.RootSeed != agentManifest.RootSeed || alone.ImagesPerPrompt != agent.ImagesPerPrompt || aloneSamples.Count != agentSamples.Count)
            throw new ArgumentException($"{aloneFolder} and {agentFolder} differ in seeds or prompts, or are not finished.", nameof(agentFolder));
        var options = new EvaluationOptions
        {
            ImagesPerPrompt = agent.ImagesPerPrompt,
            Categories = agent.Categories,
            PromptsPerCategory = agent.PromptsPerCategory
        };
        return new(generator, trained, options.Choose(benchmark), aloneSamples, agentSamples);
    }
}
