using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using GenAgent.Torch.Tokenizers;
using SkiaSharp;

namespace GenAgent.Web.Tests.Data;

/// <summary>
/// Folders as runs leave them: two sources of 5,000 trajectories each over the same prompts, four rollouts of each prompt, with images, judgments, outside
/// verdicts and rewards; and a training folder with curves.
/// </summary>
internal static class SyntheticFolder
{
    public const int TrajectoriesOfSource = 5000;
    public const int Prompts = 1250;
    public const int Images = 300;

    /// <summary>A trajectory that has everything that one may have: two images, an outside verdict that differs, a fault, tokens.</summary>
    public const string FullId = "alpha-00000";

    /// <summary>A model whose tokenizer has the tokens of <see cref="FullId"/>.</summary>
    public static string Model { get; } = Path.Combine(RepoFolder.Root, "models", "micro-agent");

    private const string FirstTurn = "<think>circles, side by side</think><tool_call>{}</tool_call>";
    private const string LastTurn = "<judge>all are there</judge><answer>image 1</answer>";

    public static void Write(string folder)
    {
        foreach (var source in (string[])["alpha", "beta"])
        {
            var runs = Directory.CreateDirectory(Path.Combine(folder, source)).FullName;
            var images = Enumerable.Range(0, Images).Select(index => WriteImage(runs, index)).ToArray();
            File.WriteAllLines(
                Path.Combine(runs, "trajectories.jsonl"),
                Enumerable.Range(0, TrajectoriesOfSource).Select(index => JsonSerializer.Serialize(Trajectory(source, index, images))));
        }

        WriteTraining(Directory.CreateDirectory(Path.Combine(folder, "training")).FullName);
    }

    public static string PromptOf(int index) => $"{1 + (index % Prompts % 7)} {(index % Prompts % 2 == 0 ? "red" : "blue")} circles, prompt {index % Prompts}";

    private static Dictionary<string, object?> Trajectory(string source, int index, string[] images)
    {
        var passed = index % 3 != 1;
        var right = (index + (source == "beta" ? 1 : 0)) % 4 != 0;
        return new Dictionary<string, object?>
        {
            ["schema"] = 2,
            ["id"] = string.Create(CultureInfo.InvariantCulture, $"{source}-{index:D5}"),
            ["prompt"] = PromptOf(index),
            ["task"] = new { prompt_id = $"prompt/{index % Prompts}", category = index % 2 == 0 ? "plain" : "spatial", sample = index / Prompts },
            ["started_at"] = new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero).AddSeconds(-index).ToString("O", CultureInfo.InvariantCulture),
            ["model"] = new { name = "synthetic-agent" },
            ["generator"] = new { name = source == "alpha" ? "painter" : "canvas" },
            ["root_seed"] = 1,
            ["seed_path"] = $"/trajectory:{index}",
            ["instructions"] = "You draw what the user asks for.",
            ["opening"] = PromptOf(index),
            ["original_images"] = Array.Empty<object>(),
            ["rounds"] = Rounds(index, images, passed, right),
            ["answer"] = new { image_id = images[index % Images], round = index % 2, chosen_by = "named", text = "image 1" },
            ["stop_reason"] = "answered",
            ["seconds"] = 1.5,
            ["trace"] = index == 0 ? Trace(Tokens(FirstTurn), Tokens(LastTurn)) : Trace(Enumerable.Range(100, 8), Enumerable.Range(108, 8)),
            ["scores"] = new Dictionary<string, double> { ["judge"] = index % 11 / 10d },
            ["rewards"] = new Dictionary<string, double> { ["total"] = right ? 1 : index % 5 / 10d, ["format"] = 1 },
        };
    }

    private static IEnumerable<object> Rounds(int index, string[] images, bool passed, bool right)
    {
        var tokens = new { input = 200, output = 40, estimated = false };
        for (var round = 0; round <= index % 2; round++)
        {
            yield return new
            {
                index = round,
                text = FirstTurn,
                thought = "circles, side by side",
                judgment = round == 0 ? null : new { text = "one circle is missing", verdict = "fail" },
                call = new { name = "generate_image", arguments = $$"""{"prompt": "large {{PromptOf(index)}}{{(round == 0 ? "" : " apart")}}"}""" },
                generation = new { prompt = $"large {PromptOf(index)}{(round == 0 ? "" : " apart")}", steps = 4 },
                images = new[] { new
                {
                    id = images[(index + 1 + round - (index % 2)) % Images],
                    media_type = "image/png",
                    width = 96,
                    height = 96,
                    requested_seed = 5 + round,
                    seed = 5 + round
                } },
                shown = 0,
                judgments = new[] { new
                {
                    candidate = 0,
                    judge = "verifier",
                    value = right ? 1.0 : 0.4,
                    passed = right,
                    reason = right ? null : "missing: a circle"
                } },
                faults = index % 10 == 0 ? [new { kind = "bad_arguments", message = "The arguments are no JSON object." }] : Array.Empty<object>(),
                tokens,
                model_seconds = 0.2,
                tool_seconds = 0.4,
            };
        }

        yield return new
        {
            index = 1 + (index % 2),
            text = LastTurn,
            judgment = new { text = "all are there", verdict = passed ? "pass" : "fail" },
            answer = "image 1",
            images = Array.Empty<object>(),
            faults = Array.Empty<object>(),
            tokens,
            model_seconds = 0.1,
            tool_seconds = 0,
        };
    }

    // As the embedded model has them.
    private static List<int> Tokens(string text) => TokenizerLoader.Load(Model).Encode(text);

    private static object Trace(IEnumerable<int> first, IEnumerable<int> last)
    {
        const int Fed = 8;
        int[] all = [.. Enumerable.Range(0, Fed), .. first, .. last];
        byte[] ids = new byte[4 * all.Length], logProbs = new byte[4 * all.Length], sampled = new byte[all.Length];
        for (var index = 0; index < all.Length; index++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(ids.AsSpan(4 * index), all[index]);
            if (index < Fed) continue;
            BinaryPrimitives.WriteSingleLittleEndian(logProbs.AsSpan(4 * index), -0.1f * (index % 30));
            sampled[index] = 1;
        }

        return new
        {
            ids = Convert.ToBase64String(ids),
            log_probs = Convert.ToBase64String(logProbs),
            sampled = Convert.ToBase64String(sampled),
            turns = new[] { new { start = Fed, count = first.Count() }, new { start = Fed + first.Count(), count = last.Count() } },
        };
    }

    private static string WriteImage(string runs, int index)
    {
        using var surface = SKSurface.Create(new SKImageInfo(96, 96));
        surface.Canvas.Clear(SKColor.FromHsv(index * 360f / Images, 12, 96));
        using var paint = new SKPaint();
        paint.Color = SKColor.FromHsv(index * 7 % 360, 70, 80);
        surface.Canvas.DrawCircle(20 + (index % 8 * 8), 24 + (index / 8 % 6 * 9), 14, paint);
        using var image = surface.Snapshot();
        using var png = image.Encode(SKEncodedImageFormat.Png, 100);
        var bytes = png.ToArray();
        var id = Convert.ToHexStringLower(SHA256.HashData(bytes));
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(runs, "images", id[..2])).FullName, $"{id}.png"), bytes);
        return id;
    }

    private static void WriteTraining(string folder) =>
        File.WriteAllLines(
            Path.Combine(folder, "metrics.jsonl"),
            Enumerable.Range(1, 300)
                .Select(step => JsonSerializer.Serialize(
                    new Dictionary<string, double> { ["step"] = step, ["samples"] = step * 16, ["loss"] = 2.0 / step, ["success/all"] = 1 - (1.0 / step) })));
}
