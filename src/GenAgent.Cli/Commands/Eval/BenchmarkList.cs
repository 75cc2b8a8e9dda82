using GenAgent.Cli.Hosting;
using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Published;
using GenAgent.Micro.Benchmarks;
using GenAgent.Validation;

namespace GenAgent.Cli.Commands.Eval;

/// <summary>The benchmarks of <c>eval run</c>. A new one is a line here.</summary>
internal static class BenchmarkList
{
    public static IReadOnlyList<ListedBenchmark> All { get; } =
    [
        new("micro", "the miniature world: 580 prompts, judged off the pixels", (_, _) => new MiniatureBenchmark()),
        new(
            "freeform", "free-form requests for the miniature world: 260, judged off the pixels",
            (files, _) => files is [var file] ? FreeformBenchmark.Read(file) : FreeformBenchmark.Load()) { TakesFile = true },
        new(GenEvalPlusBenchmark.Name, "GenEval++: 280 prompts of seven categories", (_, _) => GenEvalPlusBenchmark.Load()),
        new(ImagineBenchmark.Name, "ImagineBench: 270 imaginary things", (_, _) => ImagineBenchmark.Load()),
        new(WiseBenchmark.Legacy, "WISE: 1,000 prompts that take knowledge", WiseBenchmark.ReadLegacy) { Pulls = PulledFiles.Wise },
        new(WiseBenchmark.Verified, "WISE_Verified: 1,000 revised prompts", WiseBenchmark.ReadVerified) { Pulls = PulledFiles.WiseVerified },
        new(
            GenEval2Benchmark.Name, "GenEval2 by Soft-TIFA: 800 prompts, 6,012 questions",
            (files, _) => GenEval2Benchmark.Read(files[0])) { Pulls = PulledFiles.GenEval2 },
        new(
            "own", "your own prompts: --benchmark FILE",
            (files, _) => files is [var file] ? OwnBenchmark.Read(file) : throw new CliException(ExitCode.Usage, "own needs --benchmark FILE."))
        {
            TakesFile = true,
        },
    ];

    public static ListedBenchmark Find(string name) => All.FirstOrDefault(b => b.Name.Equals(name, StringComparison.Ordinal))
        ?? throw new CliException(ExitCode.Usage, $"There is no benchmark \"{name}\".{Spelling.Hint(name, All.Select(b => b.Name))} There are: "
            + $"{string.Join(", ", All.Select(b => b.Name))}.");
}

/// <summary>A benchmark that can be named.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is, in one line.</param>
/// <param name="Make">Makes it from its files and the user's copy of the official question.</param>
internal sealed record ListedBenchmark(string Name, string Description, Func<IReadOnlyList<string>, string?, IBenchmark> Make)
{
    /// <summary>The files that the user pulls; empty where none are needed.</summary>
    public IReadOnlyList<PulledFile> Pulls { get; init; } = [];

    /// <summary>Whether it reads a file of the user's.</summary>
    public bool TakesFile { get; init; }

    /// <summary>Opens it.</summary>
    /// <param name="host">Where pulled files lie.</param>
    /// <param name="files">The user's files; empty for those that were pulled or shipped.</param>
    /// <param name="question">The user's copy of the official question; null for none.</param>
    /// <exception cref="CliException">Files are missing, or not those of this benchmark.</exception>
    public IBenchmark Open(CliHost host, IReadOnlyList<string> files, string? question)
    {
        if (files.Count > 0 && Pulls.Count == 0 && !TakesFile)
        {
            throw new CliException(ExitCode.Usage, $"{Name} is shipped and reads no file: leave --benchmark out.");
        }

        var read = Pulls.Count == 0 ? files : PulledFiles.Checked(host, this, files);
        return Given.Read(() => Make(read, question));
    }
}
