using System.Globalization;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Bench;

/// <summary>
/// Tokens a second of a training pass (forward and backward) over packed conversations, by 6 x parameters x tokens, beside the machine's matmul rate.
/// </summary>
internal static class SftBench
{
    private const int Prefix = 100;

    public static void Run(string[] args)
    {
        set_num_threads(args is ["--threads", var threads, ..] ? int.Parse(threads, CultureInfo.InvariantCulture) : 1);
        var only = args.SkipWhile(word => word is not "--only").Skip(1).FirstOrDefault() ?? "";
        Console.WriteLine($"{get_num_threads()} thread(s); times are the best of many; share is of the matmul rate, measured turn by turn with the pass");
        foreach (var (name, hidden, layers, inner, heads, keyValues, vocabulary) in new[] { ("5M", 256, 6, 704, 8, 2, 1024),
            ("micro", 192, 6, 512, 6, 2, 1024), ("0.5B", 896, 24, 4864, 14, 2, 151_936) })
        {
            foreach (var tokens in hidden > 256 ? new[] { 512, 1024 } : [512, 1024, 1536, 2048, 3072])
            {
                foreach (var (kind, shared, images) in new[] { ("own", 0, 0), ("prefix", Prefix, 0), ("images", Prefix, 1) })
                {
                    var full = $"{name}-{kind}-{tokens}";
                    if (full.StartsWith(only, StringComparison.Ordinal))
                        Pass(full, Config(hidden, layers, inner, heads, keyValues, vocabulary), tokens, shared, images);
                }
            }
        }
    }

    private static void Pass(string name, Qwen25VLConfig config, int tokens, int prefix, int images)
    {
        using var scope = NewDisposeScope();
        using var model = new Qwen25VLModel(config);
        model.Initialize(1);
        var sequences = Sequences(config, tokens, prefix, images);
        var count = prefix + sequences.Sum(sequence => sequence.Ids.Count - prefix);
        Tensor[] parameters = [.. model.parameters()];
        var vision = model.named_parameters().Where(one => one.name.StartsWith("model.visual.", StringComparison.Ordinal)).Sum(one => one.parameter.numel());
        var text = model.named_parameters().Sum(one => one.parameter.numel()) - vision;
        var patches = sequences.Sum(sequence => sequence.Images.Sum(image => image.Grid.Patches));

        // Every token counts: then 6 x parameters is what a token costs, the head included.
        long[] places = [.. Enumerable.Range(prefix + 1, count - prefix - 1)];
        var labels = tensor(places);
        var targets = tensor([.. places.Select(place => place % config.Text.VocabularySize)]);
        var measured = Machine.Time(() =>
        {
            using var inner = NewDisposeScope();
            using var batch = Qwen25VLBatch.Pack(config, sequences, prefix);
            var hidden = model.HiddenStates(batch).view(-1, config.Text.HiddenSize).index_select(0, labels);
            var loss = nn.functional.cross_entropy(model.Head(hidden), targets);
            autograd.grad([loss], parameters, allow_unused: true);
        });
        var work = 6.0 * ((text * (double)count) + (vision * (double)patches)) / 1e9;
        var best = Math.Min(measured.WallMilliseconds, get_num_threads() == 1 ? measured.CpuMilliseconds : double.MaxValue);
        var rate = work / best * 1e3;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-18} {text / 1e6,5:F2} M + {vision / 1e6,4:F2} M, {count,5} tokens, {best,7:F1} ms, {count / best * 1e3,7:F0} tokens/s, {rate,6:F1} "
                + $"GFLOP/s of {measured.GemmRate,6:F1}: {rate / measured.GemmRate,4:P0}"));
    }

    private static List<Qwen25VLSequence> Sequences(Qwen25VLConfig config, int tokens, int prefix, int images)
    {
        var (sequences, length, left) = (new List<Qwen25VLSequence>(), 60, tokens - prefix);
        for (var i = 0; left > 0; i++)
        {
            var own = Math.Min(length + (i % 7 * 12), left < 80 ? left : int.MaxValue);
            left -= own;
            var ids = Enumerable.Range(0, prefix + own).Select(at => at < prefix ? 10 + (at % 500) : 10 + ((at * (i + 3)) % 900)).ToArray();
            var withImage = images > 0 && own > 20;
            if (withImage) Array.Fill(ids, config.ImageTokenId, prefix + 5, 9);
            sequences.Add(new Qwen25VLSequence(ids, withImage ? [new ImagePatches(new float[36 * config.Vision.PatchLength], new ImageGrid(1, 6, 6))] : []));
        }

        return sequences;
    }

    private static Qwen25VLConfig Config(int hidden, int layers, int inner, int heads, int keyValues, int vocabulary) => new()
    {
        Text = new Qwen25TextConfig
        {
            HiddenSize = hidden, IntermediateSize = inner, Layers = layers, Heads = heads, KeyValueHeads = keyValues, VocabularySize = vocabulary,
                HeadSize = hidden / heads,
            MRopeSections = hidden / heads == 64 ? [8, 12, 12] : [4, 6, 6], MaxPositions = 2048,
        },
        Vision = new Qwen25VisionConfig
        {
            HiddenSize = 128, IntermediateSize = 344, Depth = 4, Heads = 4, OutHiddenSize = hidden, PatchSize = 16, WindowSize = 128,
                FullAttentionBlocks = [0, 1, 2, 3],
        },
        ImageTokenId = 1020, VideoTokenId = 1021, VisionStartTokenId = 1018, VisionEndTokenId = 1019, TieWordEmbeddings = true,
    };
}
