using GenAgent.Evaluation.JudgeChecks;
using GenAgent.Micro.Perception;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Scenes;
using GenAgent.Micro.Verification;
using GenAgent.Seeds;
using Microsoft.Extensions.AI;

namespace GenAgent.Micro.Benchmarks;

/// <summary>
/// Images of the miniature world whose truth is known: a scene that meets a validation prompt, and the same scene with mistakes. The same seed gives the
/// same images.
/// </summary>
public static class JudgeCheckImages
{
    /// <summary>Pairs of a right and a wrong image for one prompt each.</summary>
    /// <param name="pairs">How many, 1 or more.</param>
    /// <param name="seed">Where all choices come from.</param>
    /// <returns>Pairs; the same seed gives the same ones.</returns>
    public static IReadOnlyList<(CheckImage Right, CheckImage Wrong)> Pairs(int pairs, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pairs, 1);
        var prompts = MicroBenchmark.Load(PromptSplit.Validation);
        var root = SeedPath.FromRoot(seed).Child("judge-check");
        using var renderer = new SceneRenderer();
        List<(CheckImage, CheckImage)> made = [];
        for (var i = 0; made.Count < pairs; i++)
        {
            // Strides over the categories, so that even a few pairs cover many of them.
            var prompt = prompts[(int)((long)i * 37 % prompts.Count)];
            var at = root.Child("pair", i);
            var scene = OracleRewriter.Satisfy(prompt.Constraints, at);
            var mistaken = SceneMistakes.Make(scene, new SeededDraws(at.Child("mistake")));
            if (ConstraintVerifier.Verify(SceneReading.Of(mistaken), prompt.Constraints).Passed)
                continue;
            made.Add((Of(prompt, renderer.Render(scene), isRight: true), Of(prompt, renderer.Render(mistaken), isRight: false)));
        }

        return made;
    }

    private static CheckImage Of(MicroPrompt prompt, RgbImage image, bool isRight) =>
        new(prompt.Prompt, prompt.Constraints, new DataContent(image.EncodePng(), "image/png"), isRight);
}
