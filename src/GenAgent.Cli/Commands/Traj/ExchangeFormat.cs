using System.CommandLine;
using GenAgent.Cli.Hosting;
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
    Func<string, TrajectoryStore, CancellationToken, Task<int>> ImportAsync)
{
    private static readonly ExchangeFormat[] All =
    [
        new("sharegpt", [".json", ".jsonl"], ShareGptFile.ExportAsync, ShareGptFile.ImportAsync),
        new("parquet", [".parquet"], ParquetFile.ExportAsync, ParquetFile.ImportAsync),
    ];

    public static Option<string?> Flag()
    {
        var option = new Option<string?>("--format") { Description = "sharegpt (LLaMA-Factory) or parquet; by default what the file's name says.", HelpName = "FORMAT" };
        option.AcceptOnlyFromAmong([.. All.Select(format => format.Name)]);
        return option;
    }

    /// <summary>The format that is named, or that the file's name tells.</summary>
    /// <exception cref="CliException">Neither tells.</exception>
    public static ExchangeFormat Of(string? name, string file) =>
        All.FirstOrDefault(format => name is null
            ? format.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
            : format.Name.Equals(name, StringComparison.Ordinal))
        ?? throw new CliException(ExitCode.Usage, $"{file}: its name does not tell its format; say --format {string.Join(" or ", All.Select(format => format.Name))}.");
}
