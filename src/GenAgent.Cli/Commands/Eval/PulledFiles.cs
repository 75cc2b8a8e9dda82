using GenAgent.Cli.Hosting;
using GenAgent.Storage;

namespace GenAgent.Cli.Commands.Eval;

/// <summary>A file that we may not ship.</summary>
/// <param name="Name">Its name below the benchmark's folder.</param>
/// <param name="Source">Where its authors publish it.</param>
/// <param name="Sha256">The SHA-256 of the published version, in lower-case hexadecimal digits.</param>
internal sealed record PulledFile(string Name, Uri Source, string Sha256);

/// <summary>The files of benchmarks whose licences do not let us ship them: where they are published, where they lie, and their hashes.</summary>
internal static class PulledFiles
{
    private const string FolderVariable = "GENAGENT_BENCHMARKS";
    private const string GenEval2Source = "https://raw.githubusercontent.com/facebookresearch/GenEval2/a6e82d2289e8d418f27f0adee77908b07060eea3/";
    private const string WiseSource = "https://raw.githubusercontent.com/PKU-YuanGroup/WISE/main/";

    public static IReadOnlyList<PulledFile> Wise { get; } =
    [
        new("cultural_common_sense.json", new(WiseSource + "WISE_legacy/data/cultural_common_sense.json"),
            "7a59216c768698280cea37caa574b52f3faf054d73b398b9bb6b3161baf8e3aa"),
        new("spatio-temporal_reasoning.json", new(WiseSource + "WISE_legacy/data/spatio-temporal_reasoning.json"),
            "e27d797885ad86e64d857d0cc93d33e04be572a8dcae95692a2c7e7876233f9a"),
        new("natural_science.json", new(WiseSource + "WISE_legacy/data/natural_science.json"),
            "b262fae58e413c7a4bd3c3d5a089f8c6529feac227e4b6606be261a949035544"),
    ];

    public static IReadOnlyList<PulledFile> WiseVerified { get; } =
    [
        new("cultural_common_sense_verified.json", new(WiseSource + "data_verified/cultural_common_sense_verified.json"),
            "23482925266e2784b2ba24b75239fdc6691bf85ae253d2c4aa38b71b45fefa89"),
        new("spatio-temporal_reasoning_verified.json", new(WiseSource + "data_verified/spatio-temporal_reasoning_verified.json"),
            "42c0b9d829365e392c2d4af283850dc76b1f922ab0c79198366de4f306eaf2b6"),
        new("natural_science_verified.json", new(WiseSource + "data_verified/natural_science_verified.json"),
            "6f346c336f16f611e5c73e0fcacdccb336c200d534cf111526b22d50ea912555"),
    ];

    public static IReadOnlyList<PulledFile> GenEval2 { get; } =
    [
        new("geneval2_data.jsonl", new(GenEval2Source + "geneval2_data.jsonl"), "09233adbc9f877fba205f1a20efa4a8640e7e62a91dfd55893562bed8a928e43"),
    ];

    /// <summary>Where a benchmark's files lie: below <c>GENAGENT_BENCHMARKS</c>, else below the user's folder.</summary>
    public static string FolderOf(CliHost host, string benchmark)
    {
        var home = host.Environment.GetValueOrDefault("HOME") ?? host.Environment.GetValueOrDefault("USERPROFILE") ?? host.WorkingFolder;
        return Path.Combine(host.Environment.GetValueOrDefault(FolderVariable) ?? Path.Combine(home, ".cache", "genagent", "benchmarks"), benchmark);
    }

    /// <summary>The files of a benchmark, the user's own or those that were pulled, in the list's order.</summary>
    /// <exception cref="CliException">One is missing, or is of another version.</exception>
    public static IReadOnlyList<string> Checked(CliHost host, ListedBenchmark benchmark, IReadOnlyList<string> given)
    {
        if (given.Count > 0)
        {
            return InOrder(benchmark, given);
        }

        var folder = FolderOf(host, benchmark.Name);
        foreach (var file in benchmark.Pulls)
        {
            var path = Path.Combine(folder, file.Name);
            if (!File.Exists(path))
            {
                throw new CliException(ExitCode.Usage, $"{benchmark.Name} is not here: {path} is missing. Its licence does not let us ship it; get it by: "
                    + $"genagent eval pull {benchmark.Name}");
            }

            if (Fault(path, file) is { } fault)
            {
                throw new CliException(ExitCode.Storage, $"{fault} Get it again: genagent eval pull {benchmark.Name}");
            }
        }

        return [.. benchmark.Pulls.Select(file => Path.Combine(folder, file.Name))];
    }

    /// <summary>The user's own files in the list's order, each known by its hash, whatever it is called.</summary>
    private static string[] InOrder(ListedBenchmark benchmark, IReadOnlyList<string> given)
    {
        var expected = string.Join(", ", benchmark.Pulls.Select(p => p.Name));
        if (given.Count != benchmark.Pulls.Count)
        {
            throw new CliException(ExitCode.Usage, $"{benchmark.Name} has {benchmark.Pulls.Count} files, but --benchmark names {given.Count}: {expected}.");
        }

        var hashes = given.Select(path => (Path: path, Hash: FileDigest.Of(path))).ToList();
        if (hashes.FirstOrDefault(g => !benchmark.Pulls.Any(p => p.Sha256.Equals(g.Hash, StringComparison.Ordinal))) is { Path: not null } other)
        {
            var published = string.Join(", ", benchmark.Pulls.Select(p => $"{p.Name} {p.Sha256}"));
            throw new CliException(
                ExitCode.Usage, $"{other.Path} is none of the published files of {benchmark.Name}: its SHA-256 is {other.Hash}. Published: {published}.");
        }

        return
        [
            .. benchmark.Pulls.Select(file => hashes.Find(g => file.Sha256.Equals(g.Hash, StringComparison.Ordinal)).Path
                ?? throw new CliException(ExitCode.Usage, $"--benchmark names a file of {benchmark.Name} twice, and {file.Name} not at all.")),
        ];
    }

    /// <summary>What is wrong with a file; null when it is the one that its authors published.</summary>
    public static string? Fault(string path, PulledFile file)
    {
        var hash = FileDigest.Of(path);
        return hash.Equals(file.Sha256, StringComparison.Ordinal)
            ? null : $"{path} is not the published {file.Name}: its SHA-256 is {hash}, not {file.Sha256}.";
    }
}
