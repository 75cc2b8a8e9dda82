using GenAgent.Evaluation.Benchmarks;
using GenAgent.Evaluation.Runs;
using GenAgent.Running;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Evaluation.Systems;

/// <summary>
/// Keeps what a system made before anybody judges it: an image that was paid for is never made again, also after a kill. Safe to use from many tasks.
/// </summary>
internal sealed class KeptSystem : IImageSystem, IAsyncDisposable
{
    private const string SubFolder = "made";

    private static readonly RecordLayout<MadeImage> Layout =
        new("made.jsonl", "made image", EvaluationFolder.Json, made => SampleTask.KeyOf(made.Prompt, made.Index), made => KeptPlace.Inner(made.Image))
        {
            Old = EvaluationSubject.Old("made.json"),
        };

    private readonly IImageSystem _inner;
    private readonly string _folder;
    private readonly RecordFolder<MadeImage> _store;

    /// <summary>Opens the folder below the evaluation's.</summary>
    /// <param name="inner">Makes what is not there.</param>
    /// <param name="folder">The evaluation's folder.</param>
    /// <param name="manifest">The evaluation's manifest.</param>
    /// <param name="notice">Is told what a user should know; null for nobody.</param>
    public KeptSystem(IImageSystem inner, string folder, RunManifest manifest, Action<string>? notice)
    {
        (_inner, _folder) = (inner, folder);
        _store = Layout.Open(Path.Combine(folder, SubFolder), manifest, notice);
    }

    public string Name => _inner.Name;

    public int MostImages => _inner.MostImages;

    public bool Has(BenchmarkTask task, int index) => _store.Find(SampleTask.KeyOf(task.Id, index)) is not null || _inner.Has(task, index);

    public async Task<SystemOutcome> MakeAsync(BenchmarkTask task, int index, SeedPath seed, CancellationToken cancellationToken = default)
    {
        var key = SampleTask.KeyOf(task.Id, index);
        if (_store.Find(key) is { } kept)
            return kept.Read(_folder);
        return await KeepAsync(key, task, index, await _inner.MakeAsync(task, index, seed, cancellationToken));
    }

    public async Task<SystemOutcome> TakeAsync(BenchmarkTask task, int index, SystemOutcome made, CancellationToken cancellationToken = default)
    {
        var key = SampleTask.KeyOf(task.Id, index);
        return _store.Find(key) is { } kept ? kept.Read(_folder) : await KeepAsync(key, task, index, made);
    }

    private async Task<SystemOutcome> KeepAsync(string key, BenchmarkTask task, int index, SystemOutcome outcome)
    {
        var place = outcome.Image is { } image ? $"{SubFolder}/{_store.Keep(image.Data, image.MediaType)}" : null;
        var made = new MadeImage(task.Id, index, outcome.SentPrompt, place, outcome.Image?.MediaType, outcome.Failure, outcome.Declined);
        await _store.KeepAsync(key, made, CancellationToken.None);
        return outcome with { Place = place };
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private sealed record MadeImage(string Prompt, int Index, string SentPrompt, string? Image, string? MediaType, string? Failure, bool Declined)
    {
        public SystemOutcome Read(string folder)
        {
            var image = Image is null ? null : new DataContent(RecordImage.Read(folder, Image), MediaType ?? "image/png");
            return new(SentPrompt, image, Failure) { Declined = Declined, Place = Image };
        }
    }
}
