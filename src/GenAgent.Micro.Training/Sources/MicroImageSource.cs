using System.Text.Json;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Seeds;
using GenAgent.Training.Sources;

namespace GenAgent.Micro.Training.Sources;

/// <summary>Scenes of the miniature world for the trainers, painted when asked for; none that the benchmark asks for.</summary>
internal sealed class MicroImageSource : IImageCaptionSource, IDisposable
{
    private readonly SeedPath _seed;
    private readonly SceneSampler _sampler;
    private readonly CaptionMix _captions;

    // A renderer belongs to one thread; the trainers' workers are few and live as long as the run.
    private readonly ThreadLocal<SceneRenderer> _renderers = new(() => new SceneRenderer(), trackAllValues: true);

    public MicroImageSource(MicroDataOptions options)
    {
        _seed = SeedPath.FromRoot(options.Seed).Child("scenes");
        _sampler = new SceneSampler(options.Sampler, HeldOutCombinations.OfBenchmark.Contains);
        _captions = new CaptionMix(options.Captions);
        Count = options.Scenes > 0 ? options.Scenes : long.MaxValue;
        Identity = $"micro without benchmark {JsonSerializer.Serialize(options)}";
        ImageIdentity = $"micro without benchmark {JsonSerializer.Serialize(new { options.Seed, options.Scenes, options.Sampler })}";
    }

    public string Identity { get; }

    public string ImageIdentity { get; }

    public long Count { get; }

    public int Width => World.ImageSize;

    public int Height => World.ImageSize;

    /// <summary>The source of a recipe's data, once its first image was painted and told; says how many there are.</summary>
    internal static MicroImageSource Checked(MicroDataOptions options, Recipes.DryRunFindings found)
    {
        var source = new MicroImageSource(options);
        try
        {
            source.ReadImage(0, new float[3 * source.Width * source.Height]);
            source.DrawCaption(0, 0);
            found.Say(source.Count == long.MaxValue
                ? "images: without end, painted as they are needed" : $"images: {source.Count:N0}, painted as they are needed");
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The scene behind a number.</summary>
    public Scene SceneOf(long index) => _sampler.Sample(_seed.Child("scene", index));

    public void ReadImage(long index, Span<float> planes) => _renderers.Value!.RenderPlanes(SceneOf(index), planes);

    public string DrawCaption(long index, ulong seed) => _captions.Draw(SceneOf(index), seed).Text;

    public void Dispose()
    {
        foreach (var renderer in _renderers.Values) renderer.Dispose();
        _renderers.Dispose();
    }
}
