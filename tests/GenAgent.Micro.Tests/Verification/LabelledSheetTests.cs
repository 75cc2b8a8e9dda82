using System.Text.Json;
using GenAgent.Micro.Prompts;
using GenAgent.Micro.Rendering;
using GenAgent.Micro.Verification;

namespace GenAgent.Micro.Tests.Verification;

/// <summary>
/// Sheets of a hundred images that the miniature FLUX.1 painted for test prompts, each looked at by a person who knew what was asked and not the verifier's
/// verdict (<c>labels.jsonl</c>; a sheet holds them in rows of ten): benchmark figures are worth what this agreement is. The first is of a weak generator,
/// drawn at random; the second of a strong one, and 30 of its images were drawn from the 1 in 20 that the verifier failed, so it is made of hard cases; the
/// third of the strong one, drawn at random, and nothing was tuned on it; the fourth of the shipped generator, drawn at random from both test runs (the
/// user's own words, and prompts from the oracle), and nothing was tuned on it either.
/// </summary>
public sealed class LabelledSheetTests
{
    private const int Columns = 10;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Verification", "Labelled");

    // Of a hundred: what is measured (docs/lab). The aim is 3 on images drawn at random.
    [Theory]
    [InlineData("flux-dense", 8)]
    [InlineData("flux-joint", 9)]
    [InlineData("flux-joint-random", 5)]
    [InlineData("flux-order-random", 3)]
    public void Verdicts_on_generated_images_are_those_of_a_careful_look(string name, int mostDisagreements)
    {
        var folder = Path.Combine(Folder, name);
        var prompts = MicroBenchmark.Load(PromptSplit.Test).ToDictionary(prompt => prompt.Id, StringComparer.Ordinal);
        var sheet = RgbImage.Decode(File.ReadAllBytes(Path.Combine(folder, "sheet.png")));
        Label[] labels = [.. File.ReadLines(Path.Combine(folder, "labels.jsonl"))
            .Select(line => JsonSerializer.Deserialize<Label>(line, JsonSerializerOptions.Web)!)];
        labels.Length.ShouldBe(100);
        labels.Select(label => label.Passed).Distinct().Count().ShouldBe(2);

        var reader = new SceneReader();
        List<string> otherwise = [];
        for (var i = 0; i < labels.Length; i++)
        {
            var verdict = ConstraintVerifier.Verify(reader.Read(Cell(sheet, i)), prompts[labels[i].Prompt].Constraints);
            if (verdict.Passed != labels[i].Passed)
            {
                otherwise.Add($"{i}: \"{prompts[labels[i].Prompt].Prompt}\" looks {(labels[i].Passed ? "right" : "wrong")}; the verifier: {verdict.Reason}");
            }
        }

        otherwise.Count.ShouldBeLessThanOrEqualTo(mostDisagreements, string.Join('\n', otherwise));
    }

    private static RgbImage Cell(RgbImage sheet, int index)
    {
        const int side = 96;
        var pixels = new byte[side * side * 3];
        var (left, top) = (index % Columns * side, index / Columns * side);
        for (var y = 0; y < side; y++)
            sheet.Pixels.AsSpan((((top + y) * sheet.Width) + left) * 3, side * 3).CopyTo(pixels.AsSpan(y * side * 3));
        return new RgbImage(side, side, pixels);
    }

    private sealed record Label(string Prompt, bool Passed);
}
