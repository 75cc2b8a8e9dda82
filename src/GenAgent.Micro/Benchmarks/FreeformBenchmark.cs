using System.Security.Cryptography;
using System.Text;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Judging;
using GenAgent.Micro.Verification;
using GenAgent.Storage;

namespace GenAgent.Micro.Benchmarks;

/// <summary>
/// Requests in free wording for the miniature world: success is strict and judged from the pixels, including cells, rows, columns, absolute sizes and
/// backgrounds. A request that the world cannot show must be declined; declining any other request is wrong. Immutable; safe to use from many tasks.
/// </summary>
public sealed class FreeformBenchmark : IBenchmark
{
    private const string Resource = "freeform-dev.jsonl";

    private FreeformBenchmark(string text, string file)
    {
        var prompts = FreeformPrompt.Read(text.Split('\n'), file);
        Variant = $"{Path.GetFileNameWithoutExtension(file)} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12]}";
        Tasks = [.. prompts.GroupBy(p => p.Tag, StringComparer.Ordinal).SelectMany(g => g).Select(TaskOf)];
        Summaries =
        [
            new("all that can be shown", Categories(declined: false)) { WeighsPrompts = true },
            new("all that must be declined", Categories(declined: true)) { WeighsPrompts = true },
        ];
    }

    /// <inheritdoc/>
    public string Name => "freeform";

    /// <inheritdoc/>
    public string Title => "free-form requests";

    /// <inheritdoc/>
    public string Variant { get; }

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkTask> Tasks { get; }

    /// <inheritdoc/>
    public IReadOnlyList<BenchmarkSummary> Summaries { get; }

    /// <inheritdoc/>
    public string DifficultyUnit => "object";

    /// <inheritdoc/>
    public IJudge ExactJudge { get; } = new MicroVerifier();

    /// <inheritdoc/>
    public string SuccessRule =>
        "Success is strict: every object right in class, colour, number, size and place, on the background that was asked for, and nothing else; what cannot "
            + "be shown is declined.";

    /// <inheritdoc/>
    public IReadOnlyList<string> ErrorKinds => VerdictNotes.ErrorKinds;

    /// <summary>The shipped requests.</summary>
    /// <returns>The benchmark of 260 requests.</returns>
    public static FreeformBenchmark Load()
    {
        using var stream = typeof(FreeformBenchmark).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidDataException($"The assembly lacks its resource {Resource}.");
        using var reader = new StreamReader(stream);
        return new(reader.ReadToEnd(), Resource);
    }

    /// <summary>The requests of a file in the same schema.</summary>
    /// <param name="path">The path.</param>
    /// <returns>The benchmark.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is no request; the message names it.</exception>
    public static FreeformBenchmark Read(string path) => new(TextFile.Read(path), path);

    /// <inheritdoc/>
    public IReadOnlyList<ImageMark> Marks(Sample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return [.. sample.Objects.Select(VerdictNotes.Mark)];
    }

    private static BenchmarkTask TaskOf(FreeformPrompt prompt) => new(prompt.Id, prompt.Tag, prompt.Prompt)
    {
        Constraints = prompt.Constraints,
        MustDecline = prompt.Constraints is null,
        Difficulty = prompt.Include?.Sum(c => c.Count),
        NeedsKnowledge = string.Equals(prompt.Tag, "knowledge", StringComparison.Ordinal),
    };

    // A category has the kind of its first prompt: categories do not mix the two kinds.
    private string[] Categories(bool declined) =>
        [.. Tasks.GroupBy(t => t.Category, StringComparer.Ordinal).Where(g => g.First().MustDecline == declined).Select(g => g.Key)];
}
