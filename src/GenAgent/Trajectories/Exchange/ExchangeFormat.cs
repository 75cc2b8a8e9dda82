namespace GenAgent.Trajectories.Exchange;

/// <summary>A file format that other programs read.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Extensions">Which files are taken for it.</param>
/// <param name="ExportAsync">Writes trajectories to a file, and returns how many.</param>
/// <param name="ImportAsync">Reads a file into a store, and returns how many trajectories were added; is told of those that are there already.</param>
public sealed record ExchangeFormat(
    string Name,
    IReadOnlyList<string> Extensions,
    Func<IAsyncEnumerable<Trajectory>, TrajectoryFolder, string, CancellationToken, Task<int>> ExportAsync,
    Func<string, TrajectoryStore, Action<string>?, CancellationToken, Task<int>> ImportAsync)
{
    /// <summary>The formats.</summary>
    public static IReadOnlyList<ExchangeFormat> All { get; } =
    [
        new("sharegpt", [".json", ".jsonl"], ShareGptFile.ExportAsync, ShareGptFile.ImportAsync) { Beside = "images/ and an entry in dataset_info.json" },
        new("parquet", [".parquet"], ParquetFile.ExportAsync, ParquetFile.ImportAsync),
    ];

    /// <summary>What an export writes beside the file; null for nothing.</summary>
    public string? Beside { get; private init; }

    /// <summary>The format that is named, or that the file's name tells.</summary>
    /// <param name="name">The format's name; null for what the file's name tells.</param>
    /// <param name="file">The file.</param>
    /// <returns>The format.</returns>
    /// <exception cref="ArgumentException">Neither tells.</exception>
    public static ExchangeFormat Of(string? name, string file) =>
        All.FirstOrDefault(format => name is null
            ? format.Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)
            : format.Name.Equals(name, StringComparison.Ordinal))
        ?? throw new ArgumentException(
            $"{file}: its name does not tell its format; say --format {string.Join(" or ", All.Select(format => format.Name))}.", nameof(file));
}
