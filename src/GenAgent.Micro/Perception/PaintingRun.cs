using GenAgent.Generators;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Has a generator paint training captions of all styles, and keeps what comes back with the verifier's reading. Goes on where a stopped run
/// ended; the same source gives the same paintings, whatever the concurrency. No caption describes what the benchmark asks for.
/// </summary>
/// <param name="generator">The generator; it stays its owner's.</param>
/// <param name="source">Its name, its steps, and the root of the seeds.</param>
public sealed class PaintingRun(IImageGenerator generator, PaintingSource source)
{
    private readonly SeedPath _seeds = SeedPath.FromRoot(source.Seed).Child("paintings");
    private readonly TrainingPrompts _prompts = new();
    private readonly Lazy<RequestSampler> _requests = new(() => new RequestSampler(
        RequestLanguage.Training, RequestSampler.DefaultWeights.Where(w => w.Key is not ("knowledge" or "outside")).ToDictionary(w => w.Key, w => w.Value, StringComparer.Ordinal)));
    private readonly SceneReader _reader = new();
    private readonly CaptionMix _styles = new(new(Dense: 65, Loose: 15, PartlyDense: 20));

    /// <summary>Share of the paintings that are made from the user's own words.</summary>
    public double OwnWordsShare { get; init; } = 0.15;

    /// <summary>Paints what the folder lacks of the first <paramref name="count"/> paintings, and returns how many it painted.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="count">How many paintings it is to hold, 1 or more.</param>
    /// <param name="concurrency">How many are under way at once, 1 or more.</param>
    /// <param name="progress">Is told how many there are.</param>
    /// <param name="cancellationToken">Stops; what is done stays.</param>
    /// <exception cref="ArgumentException">The folder holds paintings of another source.</exception>
    /// <exception cref="Models.BackendException">The generator failed; what was done before stays.</exception>
    public async Task<int> RunAsync(string folder, int count, int concurrency = 8, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        using var store = PaintingStore.Open(folder, source);
        var done = store.Records.Select(p => p.Index).ToHashSet();
        var there = done.Count;
        progress?.Report(there);
        var painted = 0;
        var open = Enumerable.Range(0, count).Where(i => !done.Contains(i));
        await Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken }, async (index, cancelled) =>
        {
            store.Append(await PaintAsync(index, store, cancelled));
            progress?.Report(there + Interlocked.Increment(ref painted));
        });
        return painted;
    }

    private async Task<Painting> PaintAsync(long index, RecordFolder<Painting> store, CancellationToken cancellationToken)
    {
        var seed = _seeds.Child("painting", index);
        var (prompt, caption, style) = Write(seed);
        var asked = new ImageGenerationOptions { Count = 1, ResponseFormat = ImageGenerationResponseFormat.Data }.WithSeed(seed.Child("image").ImageSeed);
        if (source.Steps is { } steps)
            asked.With(ImageOptionsExtensions.StepsKey, steps);
        var response = await generator.GenerateAsync(new(caption), asked, cancellationToken);
        var image = response.Contents.OfType<DataContent>().FirstOrDefault()
            ?? throw new InvalidDataException($"{source.Generator} returned no image for \"{caption}\".");
        var pixels = RgbImage.Decode(image).Resize(World.ImageSize, World.ImageSize);
        return new(Painting.CurrentSchema, index, prompt, caption, style, store.Keep(pixels.EncodePng(), "image/png"), seed.Child("image").ImageSeed, _reader.Read(pixels));
    }

    /// <summary>A request that rests on no fact and can be drawn, with its plan's caption; null when the benchmark asks for one of them.</summary>
    private (MicroPrompt, string, CaptionStyle?)? Request(SeedPath seed)
    {
        var request = _requests.Value.Draw(seed.Child("request"));
        if (request.Asked is not { } asked)
            return null;
        var prompt = new MicroPrompt($"request/{request.Topic}/{seed.Value:x16}", request.Topic, request.Text, asked.Include, asked.Exclude, Background: asked.Background);
        var plan = ScenePlanner.First(asked, seed.Child("plan"), HeldOutCombinations.OfBenchmark.Contains);
        return HeldOutCombinations.OfBenchmark.Contains(prompt) || HeldOutCombinations.OfBenchmark.Contains(plan.Scene) ? null : (prompt, plan.Caption, CaptionStyle.Dense);
    }

    private (MicroPrompt Prompt, string Caption, CaptionStyle? Style) Write(SeedPath seed)
    {
        for (var attempt = 0; ; attempt++)
        {
            var own = seed.Child("try", attempt);
            if (source.Requests is { } share && new SeededDraws(seed.Child("request")).Chance(share))
            {
                if (Request(own) is { } planned)
                    return planned;
                continue;
            }

            var prompt = _prompts.Draw(own);
            var scene = ScenePlanner.First(prompt.Constraints, own.Child("plan"), HeldOutCombinations.OfBenchmark.Contains).Scene;
            if (HeldOutCombinations.OfBenchmark.Contains(scene))
                continue;
            if (new SeededDraws(own.Child("style")).Chance(OwnWordsShare))
                return (prompt, prompt.Prompt, null);
            var caption = _styles.Draw(scene, own.Child("caption"));
            return (prompt, caption.Text, caption.Style);
        }
    }
}
