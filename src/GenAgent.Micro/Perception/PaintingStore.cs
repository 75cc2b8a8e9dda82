using System.Text.Json;
using GenAgent.Trajectories;

namespace GenAgent.Micro.Perception;

/// <summary>Folders of paintings: <c>paint.json</c> (what they are made from), <c>paintings.jsonl</c> and the images by content.</summary>
internal static class PaintingStore
{
    public const string LinesName = "paintings.jsonl";

    private static readonly RecordLayout<Painting> Layout = new("paint.json", LinesName, "painting", Painting.Json, painting => painting.Image);

    /// <summary>Opens or makes a folder for writing.</summary>
    /// <exception cref="ArgumentException">The folder's paintings are made from something else.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no painting.</exception>
    public static RecordFolder<Painting> Open(string folder, PaintingSource source) =>
        RecordFolder.Open<Painting>(folder, Layout, JsonSerializer.Serialize(source, Painting.Json));

    /// <summary>Reads a folder without changing it.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no paintings.</exception>
    public static IReadOnlyList<Painting> Load(string folder) => RecordFolder.Load<Painting>(folder, Layout);
}

/// <summary>What a folder's paintings are made from.</summary>
/// <param name="Generator">The generator's name.</param>
/// <param name="Seed">The root of the seeds.</param>
/// <param name="Steps">Denoising steps; null for the generator's own number. With fewer, more of what is painted is unclear: more to learn from.</param>
/// <param name="Requests">Share that is painted from the plans of requests in free wording; null for none.</param>
public sealed record PaintingSource(string Generator, ulong Seed, int? Steps = null, double? Requests = null)
{
    /// <summary>Share of the paintings that are made from the plans of requests in free wording, above 0 and at most 1; null for none.</summary>
    public double? Requests { get; } = Requests is not (null or (> 0 and <= 1)) ? throw new ArgumentOutOfRangeException(nameof(Requests), Requests, "The share must lie above 0 and at most at 1.") : Requests;

    /// <summary>Denoising steps, 1 or more; null for the generator's own number.</summary>
    public int? Steps { get; } = Steps is < 1 ? throw new ArgumentOutOfRangeException(nameof(Steps), Steps, "A painting takes 1 step or more.") : Steps;
}
