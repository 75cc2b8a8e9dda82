using System.Text.Json.Nodes;
using GenAgent.Models;
using GenAgent.Running;

namespace GenAgent.Micro.Perception;

/// <summary>Reads and writes folders of paintings: <c>run.json</c> (the settings), <c>paintings.jsonl</c> and the images by content.</summary>
internal static class PaintingStore
{
    public const string LinesName = "paintings.jsonl";

    private const string Kind = "paintings";

    private static readonly RecordLayout<Painting> Layout =
        new(LinesName, "painting", Painting.Json, painting => new PaintingTask(painting.Index).Key, painting => painting.Image)
        {
            Old = new OldManifest("paint.json", OfFirstVersion)
        };

    /// <summary>Opens or creates a folder for writing.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="source">The settings that determine the paintings.</param>
    /// <param name="model">The folder of the generator's model; null for a server's.</param>
    /// <param name="notice">Receives messages for the user; may be null.</param>
    /// <exception cref="ArgumentException">The folder holds paintings with other settings.</exception>
    /// <exception cref="IOException">Another process is writing to the folder.</exception>
    /// <exception cref="InvalidDataException">A line other than the last is no painting.</exception>
    public static RecordFolder<Painting> Open(string folder, PaintingSource source, ModelSource? model = null, Action<string>? notice = null) =>
        Layout.Open(folder, Manifest(source).WithModel("generator", model), notice);

    /// <summary>Reads a folder without changing it.</summary>
    /// <exception cref="FileNotFoundException">The folder holds no paintings.</exception>
    public static IReadOnlyList<Painting> Load(string folder) => Layout.Load(folder);

    private static RunManifest OfFirstVersion(JsonObject json) =>
        Manifest(new((string)json["generator"]!, (ulong)json["seed"]!, (int?)json["steps"], (double?)json["requests"]));

    private static RunManifest Manifest(PaintingSource source) =>
        new(
            Kind,
            source.Seed,
            RunManifest.Flatten(new JsonObject { ["generator"] = source.Generator, ["steps"] = source.Steps, ["requests"] = source.Requests }));
}

/// <summary>A painting that is to be made.</summary>
/// <param name="Index">Which one, from 0.</param>
internal sealed record PaintingTask(long Index) : IRunTask
{
    /// <inheritdoc/>
    public string Key => Index.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>The settings that determine a folder's paintings.</summary>
/// <param name="Generator">The generator's name.</param>
/// <param name="Seed">The root of the seeds.</param>
/// <param name="Steps">Denoising steps; null for the generator's own number. With fewer steps, more objects are unclear, which gives more to learn.</param>
/// <param name="Requests">Share that is painted from the plans of requests in free wording; null for none.</param>
public sealed record PaintingSource(string Generator, ulong Seed, int? Steps = null, double? Requests = null)
{
    /// <summary>Share of the paintings that are made from the plans of requests in free wording, above 0 and at most 1; null for none.</summary>
    public double? Requests { get; } = Requests is not (null or (> 0 and <= 1))
        ? throw new ArgumentOutOfRangeException(nameof(Requests), Requests, "The share must be above 0 and at most 1.")
        : Requests;

    /// <summary>Denoising steps, 1 or more; null for the generator's own number.</summary>
    public int? Steps { get; } = Steps is < 1 ? throw new ArgumentOutOfRangeException(nameof(Steps), Steps, "A painting takes 1 step or more.") : Steps;
}
