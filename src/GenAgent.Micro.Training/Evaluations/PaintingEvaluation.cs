using System.Globalization;
using GenAgent.Micro.Captions;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Training.Recipes;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;
using GenAgent.Training.FlowMatching;
using GenAgent.Training.Runs;

namespace GenAgent.Micro.Training.Evaluations;

/// <summary>
/// Paints captions that were never trained on and reads the images: strict success by number of objects, errors by kind, and a sheet to look at.
/// Dense captions are of fresh scenes; plain prompts are the benchmark's validation split.
/// </summary>
internal sealed class PaintingEvaluation : IModelEvaluation
{
    private const int SheetColumns = 12;
    private const int SheetImages = 48;

    private readonly PaintingEvaluationOptions _options;
    private readonly FlowMatchingOptions _flow;
    private readonly string _folder;
    private readonly SceneReader _reader = new();
    private readonly Scene[] _scenes;
    private readonly MicroPrompt[] _prompts;

    public PaintingEvaluation(PaintingEvaluationOptions options, FlowMatchingOptions flow, string folder)
    {
        (_options, _flow, _folder) = (options, flow, folder);
        var seed = SeedPath.FromRoot(options.Seed);
        var sampler = new SceneSampler(new SceneSamplerOptions());
        _scenes = [.. Enumerable.Range(0, options.Dense).Select(i => sampler.Sample(seed.Child("scene", i)))];
        var all = MicroBenchmark.Load(PromptSplit.Validation).Where(p => p.Facts is null).ToArray();
        _prompts = [.. Enumerable.Range(0, Math.Min(options.Plain, all.Length)).Select(i => all[i * all.Length / Math.Min(options.Plain, all.Length)])];
    }

    public IReadOnlyDictionary<string, double> Evaluate(long stepsTaken, string modelFolder)
    {
        using var painter = new PreviewPainter(modelFolder, _flow.T5Tokens);
        var figures = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var seed = SeedPath.FromRoot(_options.Seed);
        var dense = PixelSheet.ToImages(
            painter.Paint([.. _scenes.Select(DenseCaption.Write)], seed.Child("dense"), _options.Steps, _options.Guidance, World.ImageSize));
        Judge(dense, figures);
        if (_prompts.Length > 0)
        {
            var plain = PixelSheet.ToImages(
                painter.Paint([.. _prompts.Select(p => p.Prompt)], seed.Child("plain"), _options.Steps, _options.Guidance, World.ImageSize));
            figures["success/plain"] = plain.Zip(_prompts)
                .Count(pair => ConstraintVerifier.Verify(_reader.Read(pair.First), pair.Second.Constraints).Passed) / (double)_prompts.Length;
        }

        var sheet = PixelSheet.Tile([.. dense.Take(SheetImages)], SheetColumns);
        File.WriteAllBytes(Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"paintings-{stepsTaken:D7}.png")), sheet.EncodePng());
        return figures;
    }

    private void Judge(IReadOnlyList<RgbImage> images, SortedDictionary<string, double> figures)
    {
        var verdicts = images.Zip(_scenes).Select(pair => (Scene: pair.Second, Verdict: SceneVerifier.Verify(_reader.Read(pair.First), pair.Second))).ToList();
        foreach (var (name, least, most) in new[] { ("all", 1, 9), ("1-2", 1, 2), ("3-4", 3, 4), ("5-7", 5, 7) })
        {
            var group = verdicts.Where(v => v.Scene.Objects.Length >= least && v.Scene.Objects.Length <= most).ToList();
            if (group.Count > 0) figures[$"success/{name}"] = group.Count(v => v.Verdict.Passed) / (double)group.Count;
        }

        var objects = (double)_scenes.Sum(s => s.Objects.Length);
        foreach (var kind in Enum.GetValues<ErrorKind>())
            figures[$"errors_per_object/{kind}"] = verdicts.Sum(v => v.Verdict.Errors.Count(e => e == kind)) / objects;
    }
}
