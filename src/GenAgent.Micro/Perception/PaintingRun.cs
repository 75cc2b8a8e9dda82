using GenAgent.Generators;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Language;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Teaching;
using GenAgent.Micro.Verification;
using GenAgent.Models;
using GenAgent.Running;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Perception;

/// <summary>
/// Lets a generator paint training captions of all styles, and stores the images with the verifier's reading. Resumes a stopped run; the same source gives
/// the same paintings at any concurrency. No caption describes what the benchmark asks for.
/// </summary>
/// <param name="generator">The generator, owned by the caller.</param>
/// <param name="source">Its name, its steps, and the root of the seeds.</param>
public sealed class PaintingRun(IImageGenerator generator, PaintingSource source)
{
    private readonly SeedPath _seeds = SeedPath.FromRoot(source.Seed).Child("paintings");
    private readonly TrainingPrompts _prompts = new();
    private readonly Lazy<RequestSampler> _requests = new(() => new RequestSampler(
        RequestLanguage.Training,
        RequestSampler.DefaultWeights.Where(w => w.Key is not ("knowledge" or "outside")).ToDictionary(w => w.Key, w => w.Value, StringComparer.Ordinal)));
    private readonly SceneReader _reader = new();
    private readonly CaptionMix _styles = new(new(Dense: 65, Loose: 15, PartlyDense: 20));

    /// <summary>Share of the paintings that are made from the user's own words.</summary>
    public double OwnWordsShare { get; init; } = 0.15;

    /// <summary>Receives messages for the user, such as an incomplete line that was cut off; may be null.</summary>
    public Action<string>? Notice { get; init; }

    /// <summary>Paints the missing ones of the first <paramref name="count"/> paintings, and returns how many it painted.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="count">The number of paintings that the folder will hold, 1 or more.</param>
    /// <param name="concurrency">Number of paintings in progress at once, 1 or more.</param>
    /// <param name="progress">Receives the progress.</param>
    /// <param name="cancellationToken">Stops; finished paintings are kept.</param>
    /// <returns>How many were painted now.</returns>
    /// <exception cref="ArgumentException">The folder holds paintings of another source.</exception>
    /// <exception cref="RunStoppedException">The generator failed; finished paintings are kept.</exception>
    public async Task<int> RunAsync(
        string folder, int count, int concurrency = 8, IProgress<RolloutProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        await using var store = PaintingStore.Open(folder, source, generator.GetService<ModelSource>(), Notice);
        var options = new RolloutOptions { Concurrency = concurrency, Noun = "paintings" };
        using var runner = new RolloutRunner<PaintingTask, Painting>((task, cancelled) => PaintAsync(task.Index, store, cancelled), store, options);
        var totals = await runner.RunAsync(
            Enumerable.Range(0, count).Select(index => new PaintingTask(index)), progress: progress, cancellationToken: cancellationToken);
        totals.ThrowIfIncomplete(options.Noun);
        return totals.Made;
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
            ?? throw new BackendAnswerException($"{source.Generator} returned no image for \"{caption}\".");
        var pixels = RgbImage.Decode(image).Resize(World.ImageSize, World.ImageSize);
        return new(
            Painting.CurrentSchema,
            index,
            prompt,
            caption,
            style,
            store.Keep(pixels.EncodePng(), "image/png"),
            seed.Child("image").ImageSeed,
            _reader.Read(pixels));
    }

    /// <summary>A drawable request that uses no fact, with its plan's caption; null if the benchmark asks for one of them.</summary>
    private (MicroPrompt, string, CaptionStyle?)? Request(SeedPath seed)
    {
        var request = _requests.Value.Draw(seed.Child("request"));
        if (request.Asked is not { } asked)
            return null;
        var prompt = new MicroPrompt(
            $"request/{request.Topic}/{seed.Value:x16}", request.Topic, request.Text, asked.Include, asked.Exclude, Background: asked.Background);
        var plan = ScenePlanner.First(asked, seed.Child("plan"), HeldOutCombinations.OfBenchmark.Contains);
        return HeldOutCombinations.OfBenchmark.Contains(prompt) || HeldOutCombinations.OfBenchmark.Contains(plan.Scene)
            ? null
            : (prompt, plan.Caption, CaptionStyle.Dense);
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
