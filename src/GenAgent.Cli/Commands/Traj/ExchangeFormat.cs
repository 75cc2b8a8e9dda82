using System.CommandLine;
using GenAgent.Cli.Hosting;
using GenAgent.Cli.Screens;
using GenAgent.Trajectories;
using GenAgent.Trajectories.Exchange;

namespace GenAgent.Cli.Commands.Traj;

/// <summary>A file format that other programs read.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Extensions">Which files are taken for it.</param>
/// <param name="ExportAsync">Writes trajectories.</param>
/// <param name="ImportAsync">Reads trajectories into a store.</param>
internal sealed record ExchangeFormat(
    string Name,
    string[] Extensions,
    Func<IAsyncEnumerable<Trajectory>, TrajectoryFolder, string, CancellationToken, Task<int>> ExportAsync,
    Func<string, TrajectoryStore, Action<string>?, CancellationToken, Task<int>> ImportAsync)
{
    /// <summary>What an export writes beside the file; null for nothing.</summary>
    public string? Beside { get; private init; }

    private static readonly ExchangeFormat[] All =
    [
        new("sharegpt", [".json", ".jsonl"], ShareGptFile.ExportAsync, ShareGptFile.ImportAsync) { Beside = "images/ and an entry in dataset_info.json" },
        new("parquet", [".parquet"], ParquetFile.ExportAsync, ParquetFile.ImportAsync),
    ];

    /// <summary>What an export says: how much, and every file that it wrote.</summary>
    /// <param name="trajectories">How many were written.</param>
    public string Said(int trajectories) =>
        $"{RunWords.Count(trajectories, "trajectory", "trajectories")} as {Name}{(Beside is null ? string.Empty : $", with {Beside} beside the file")}";

    public static Option<string?> Flag()
    {
        var option = new Option<string?>("--format")
        {
            Description = "sharegpt (LLaMA-Factory) or parquet; by default what the file's name says.",
            HelpName = "FORMAT"
        };
        option.AcceptOnlyFromAmong([.. All.Select(format => format.Name)]);
        return option;
    }

    /// <summary>The format that is named, or that the file's name tells.</summary>
    /// <exception cref="CliException">Neither tells.</exception>
    public static ExchangeFormat Of(string? name, string file) =>
        All.FirstOrDefault(format => name is null
            ? format.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
            : format.Name.Equals(name, StringComparison.Ordinal))
        ?? throw new CliException(
            ExitCode.Usage, $"{file}: its name does not tell its format; say --format {string.Join(" or ", All.Select(format => format.Name))}.");
}
