using GenAgent.Evaluation.Benchmarks;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>Keeps what a system made before anybody judges it: an image that was paid for is never made again, also after a kill. Safe to use from many tasks.</summary>
internal sealed class KeptSystem : IImageSystem, IDisposable
{
    private const string SubFolder = "made";
    private static readonly RecordLayout<MadeImage> Layout = new("made.json", "made.jsonl", "made image", Runs.EvaluationFolder.Json, made => Runs.KeptPlace.Inner(made.Image));

    private readonly IImageSystem _inner;
    private readonly string _folder;
    private readonly RecordFolder<MadeImage> _store;
    private readonly Dictionary<(string, int), MadeImage> _kept;

    /// <summary>Opens the folder below the evaluation's.</summary>
    /// <param name="inner">Makes what is not there.</param>
    /// <param name="folder">The evaluation's folder.</param>
    /// <param name="madeFrom">What the images are made from, as text.</param>
    public KeptSystem(IImageSystem inner, string folder, string madeFrom)
    {
        (_inner, _folder) = (inner, folder);
        _store = RecordFolder.Open(Path.Combine(folder, SubFolder), Layout, madeFrom);
        _kept = _store.Records.DistinctBy(r => (r.Prompt, r.Index)).ToDictionary(r => (r.Prompt, r.Index));
    }

    public string Name => _inner.Name;

    public int MostImages => _inner.MostImages;

    public bool Has(BenchmarkTask task, int index) => _kept.ContainsKey((task.Id, index)) || _inner.Has(task, index);

    public async Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
    {
        if (_kept.TryGetValue((task.Id, index), out var kept))
            return kept.Read(_folder);
        var outcome = await _inner.MakeAsync(task, index, seed, cancellationToken);
        var place = outcome.Image is { } image ? $"{SubFolder}/{_store.Keep(image.Data, image.MediaType)}" : null;
        _store.Append(new MadeImage(task.Id, index, outcome.SentPrompt, place, outcome.Image?.MediaType, outcome.Failure, outcome.Declined));
        return outcome with { Place = place };
    }

    public void Dispose() => _store.Dispose();

    private sealed record MadeImage(string Prompt, int Index, string SentPrompt, string? Image, string? MediaType, string? Failure, bool Declined)
    {
        public SystemOutcome Read(string folder)
        {
            var image = Image is null ? null : new DataContent(Running.RecordImage.Read(folder, Image), MediaType ?? "image/png");
            return new(SentPrompt, image, Failure) { Declined = Declined, Place = Image };
        }
    }
}
