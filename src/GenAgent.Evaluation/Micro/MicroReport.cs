using System.Text;
using System.Text.Json;
using GenAgent.Evaluation.Sheets;
using GenAgent.Evaluation.Statistics;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Verification;
using GenAgent.Storage;

namespace GenAgent.Evaluation.Micro;

/// <summary>The outcome of an evaluation on the miniature benchmark. Immutable.</summary>
/// <param name="System">What was evaluated.</param>
/// <param name="Split">Which prompts.</param>
/// <param name="Groups">The categories and domains, in the benchmark's order.</param>
/// <param name="Categories">GenEval++'s categories together: the mean over them; null when none was evaluated.</param>
/// <param name="Knowledge">The domains of knowledge together; null when none was evaluated.</param>
/// <param name="ByObjects">All images by the number of objects that were asked for.</param>
public sealed record MicroReport(
    string System, string Split, IReadOnlyList<MicroGroup> Groups, MicroGroup? Categories, MicroGroup? Knowledge, IReadOnlyList<MicroGroup> ByObjects)
{
    /// <summary>How the agent conducted itself; null where there was none.</summary>
    public AgentReport? Agent { get; init; }

    /// <summary>Works out the figures. The intervals are the same for the same samples.</summary>
    public static MicroReport Of(string system, MicroEvaluationOptions options, IReadOnlyList<MicroPrompt> prompts, IReadOnlyList<MicroSample> samples)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(samples);
        var byPrompt = samples.ToLookup(s => s.Prompt, StringComparer.Ordinal);
        var judged = prompts.Select(p => new JudgedPrompt(p, [.. byPrompt[p.Id]])).Where(p => p.Samples.Count > 0).ToList();
        var byTag = judged.GroupBy(p => p.Prompt.Tag, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        var tags = PromptTags.Categories.Concat(PromptTags.KnowledgeDomains).Where(byTag.ContainsKey).ToList();
        return new(
            system,
            options.Split.ToString(),
            [.. tags.Select(t => MicroGroup.Of(t, [byTag[t]]))],
            Together("mean of categories", PromptTags.Categories),
            Together("mean of knowledge", PromptTags.KnowledgeDomains),
            [.. judged.GroupBy(p => p.Prompt.Include.Sum(c => c.Count)).OrderBy(g => g.Key).Select(g => MicroGroup.Of(g.Key == 1 ? "1 object" : $"{g.Key} objects", [[.. g]]))])
        {
            Agent = AgentReport.Of(judged),
        };

        MicroGroup? Together(string name, IReadOnlyList<string> all)
        {
            var strata = all.Where(byTag.ContainsKey).Select(t => byTag[t]).ToList();
            return strata.Count == 0 ? null : MicroGroup.Of(name, strata);
        }
    }

    internal void Write(string folder, IReadOnlyList<MicroPrompt> prompts, IReadOnlyList<MicroSample> samples)
    {
        var json = JsonSerializer.Serialize(this, MicroSampleStore.IndentedJson);
        AtomicFile.Write(Path.Combine(folder, "report.json"), Encoding.UTF8.GetBytes(json));
        AtomicFile.Write(Path.Combine(folder, "report.html"), Encoding.UTF8.GetBytes(ContactSheet.Write(this, prompts, samples, place => File.ReadAllBytes(Path.Combine(folder, place)))));
    }
}

/// <summary>The figures of some prompts together. Immutable.</summary>
/// <param name="Name">What they have in common.</param>
/// <param name="Prompts">How many prompts.</param>
/// <param name="Images">How many images.</param>
/// <param name="Success">Strict success: for several categories the mean over them, in [0, 1].</param>
/// <param name="Interval">Its 95 % interval.</param>
/// <param name="Share">Mean share of constraints met.</param>
/// <param name="PassAtK">Success when one of k images suffices, for k = 1, 2, ...; as many as every prompt has images.</param>
/// <param name="Errors">How often each kind of error occurred.</param>
/// <param name="Failures">Images that could not be made or read; they count as failed.</param>
public sealed record MicroGroup(
    string Name, int Prompts, int Images, double Success, Interval Interval, double Share, IReadOnlyList<double> PassAtK, IReadOnlyDictionary<ErrorKind, int> Errors, int Failures)
{
    internal static MicroGroup Of(string name, IReadOnlyList<IReadOnlyList<JudgedPrompt>> strata)
    {
        var prompts = strata.SelectMany(s => s).ToList();
        var samples = prompts.SelectMany(p => p.Samples).ToList();
        var rates = strata.Select(s => (IReadOnlyList<double>)[.. s.Select(p => p.Rate)]).ToList();
        var fewest = prompts.Min(p => p.Samples.Count);
        return new(
            name,
            prompts.Count,
            samples.Count,
            rates.Average(r => r.Average()),
            ClusteredProportion.Interval(rates),
            strata.Average(s => s.Average(p => p.Samples.Average(x => x.Share))),
            [.. Enumerable.Range(1, fewest).Select(k => strata.Average(s => s.Average(p => Statistics.PassAtK.Estimate(p.Samples.Count, p.Samples.Count(x => x.Passed), k))))],
            samples.SelectMany(s => s.Errors).CountBy(e => e).OrderBy(e => e.Key).ToDictionary(e => e.Key, e => e.Value),
            samples.Count(s => s.Failure is not null));
    }
}

/// <summary>A prompt with its images' verdicts.</summary>
internal sealed record JudgedPrompt(MicroPrompt Prompt, IReadOnlyList<MicroSample> Samples)
{
    public double Rate => Samples.Count(s => s.Passed) / (double)Samples.Count;
}
