using System.Globalization;
using GenAgent.Torch.Chat;
using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Building;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Bench;

/// <summary>
/// Tokens a second of the generation engine, greedy: decoding at several batch sizes, reading prompts, and a whole chat; beside the
/// tokens a second at which the weights could be read once a step, and the machine's matmul rate, measured turn by turn with the runs.
/// </summary>
internal static class QwenBench
{
    private static readonly Shape Small = new("5M", Hidden: 256, Layers: 6, Heads: 8, KeyValueHeads: 2, Inner: 704, Vocabulary: 1024);
    private static readonly Shape Half = new("0.5B", Hidden: 896, Layers: 24, Heads: 14, KeyValueHeads: 2, Inner: 4864, Vocabulary: 151936);

    private static readonly string[] Rows = ["decode-1", "decode-8", "decode-32", "decode-64", "prefill", "chat-1", "chat-32"];

    public static void Run(string[] args)
    {
        var threads = int.Parse(Option(args, "--threads", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);
        var only = Option(args, "--only", "");
        var kind = Enum.Parse<DecoderKind>(Option(args, "--decoder", nameof(DecoderKind.Auto)), ignoreCase: true);
        var seconds = double.Parse(Option(args, "--seconds", "6"), CultureInfo.InvariantCulture);
        set_num_threads(threads);
        Console.WriteLine($"{threads} thread(s), decoder {kind}; times are the best of many; bandwidth limit: the weights read once a step; matmul share: 2 "
            + $"x weights x tokens");
        foreach (var shape in new[] { Small, Half })
        {
            foreach (var precision in new[] { WeightPrecision.FP32, WeightPrecision.BF16 })
            {
                var name = $"{shape.Name}-{(precision == WeightPrecision.FP32 ? "fp32" : "bf16")}";
                string[] wanted = [.. Rows.Where(row => shape == Small || !row.StartsWith("chat", StringComparison.Ordinal)).Select(row => $"{name}-{row}")
                    .Where(row => row.StartsWith(only, StringComparison.Ordinal))];
                if (wanted.Length > 0)
                {
                    using var runs = new Runs(shape, precision, kind, threads, seconds);
                    foreach (var row in wanted) runs.Measure(row);
                }
            }
        }
    }

    private static string Option(string[] args, string name, string otherwise) =>
        args.SkipWhile(word => !string.Equals(word, name, StringComparison.Ordinal)).Skip(1).FirstOrDefault() ?? otherwise;

    private sealed record Shape(string Name, int Hidden, int Layers, int Heads, int KeyValueHeads, int Inner, int Vocabulary)
    {
        private long HeadSize => Hidden / Heads;

        /// <summary>Weights that a step reads: all of the language model's, the embedding table as the tied head.</summary>
        public long Weights => (long)Vocabulary * Hidden + LayerWeights;

        public long LayerWeights => Layers * ((Heads + 2 * KeyValueHeads) * HeadSize * Hidden + (long)Hidden * Hidden + 3L * Hidden * Inner);

        public Qwen25VLConfig Config(ITokenizer tokenizer) => new()
        {
            Text = new Qwen25TextConfig
            {
                HiddenSize = Hidden, IntermediateSize = Inner, Layers = Layers, Heads = Heads, KeyValueHeads = KeyValueHeads, VocabularySize = Vocabulary,
                    HeadSize = (int)HeadSize,
                MRopeSections = HeadSize == 32 ? [4, 6, 6] : [8, 12, 12], MaxPositions = 2048,
            },
            Vision = new Qwen25VisionConfig { HiddenSize = 64, IntermediateSize = 128, Depth = 1, Heads = 2, OutHiddenSize = Hidden,
                FullAttentionBlocks = [0] },
            ImageTokenId = tokenizer.IdOf(QwenChatTemplate.ImagePad), VideoTokenId = tokenizer.IdOf("<|video_pad|>"),
            VisionStartTokenId = tokenizer.IdOf(QwenChatTemplate.VisionStart), VisionEndTokenId = tokenizer.IdOf(QwenChatTemplate.VisionEnd),
            TieWordEmbeddings = true,
        };
    }

    /// <summary>One model and its engine.</summary>
    private sealed class Runs : IDisposable
    {
        private readonly Random _random = new(1);
        private readonly Shape _shape;
        private readonly double _seconds;
        private readonly int _bytes;
        private readonly Tokenizer _tokenizer;
        private readonly Qwen25VLModel _model;
        private readonly GenerationEngine _engine;
        private readonly MemoryReader _memory;

        public Runs(Shape shape, WeightPrecision precision, DecoderKind kind, int threads, double seconds)
        {
            (_shape, _seconds, _bytes, _memory) = (shape, seconds, precision == WeightPrecision.FP32 ? 4 : 2, new MemoryReader(threads));
            var folder = Directory.CreateTempSubdirectory("genagent-bench-").FullName;
            File.WriteAllText(
                Path.Combine(folder, "tokenizer.json"), ByteLevelBpeTrainer.Train(["two red circles and a blue star above a small green square"], 300));
            _tokenizer = TokenizerLoader.Load(folder);
            Directory.Delete(folder, recursive: true);

            // libtorch computes in the model's own type; the other decoder packs the weights anew.
            _model = new Qwen25VLModel(shape.Config(_tokenizer), precision == WeightPrecision.FP32 ? ScalarType.Float32 : ScalarType.BFloat16);
            _model.Initialize(1);
            _engine = new GenerationEngine(
                _model, new GenerationEngineOptions { Weights = precision, Decoder = kind, Threads = threads, PromptTokensPerStep = 512 }, _tokenizer);
        }

        public void Measure(string row)
        {
            var parts = row.Split('-');
            var batch = parts.Length > 3 ? int.Parse(parts[3], CultureInfo.InvariantCulture) : 1;
            var isSmall = _shape == Small;
            switch (parts[2])
            {
                // Prompts of one token: every step is one of decoding.
                case "decode":
                    Complete(row, batch, prompt: 1, created: isSmall ? 128 : batch == 1 ? 32 : 8);
                    break;
                case "prefill":
                    Complete(row, batch, prompt: 512, created: 1);
                    break;
                default:
                    Chat(row, batch);
                    break;
            }
        }

        public void Dispose()
        {
            _engine.Dispose();
            _model.Dispose();
        }

        private void Complete(string row, int batch, int prompt, int created)
        {
            var measured = Time(() => Task.WhenAll(Enumerable.Range(0, batch).Select(_ => _engine.GenerateAsync(Request(prompt, created)))));
            var isPrefill = prompt > 1;
            Report(row, measured, batch * (isPrefill ? prompt : created), isPrefill ? 1 : created, isPrefill ? _shape.LayerWeights : _shape.Weights);
        }

        private void Chat(string row, int batch)
        {
            using var client = new TorchChatClient(_engine, _tokenizer, new ImageProcessor());
            var (created, runs) = (0L, 0);
            var options = new ChatOptions { MaxOutputTokens = 128, Temperature = 1 };
            var measured = Time(async () =>
            {
                var responses = await Task.WhenAll(Enumerable.Range(0, batch).Select(_ => client.GetResponseAsync($"a red circle {_random.Next()}", options)));
                created += responses.Sum(response => response.Usage!.OutputTokenCount!.Value);
                runs++;
            });
            var tokens = (int)(created / runs);
            Report(row, measured, tokens, tokens / batch, _shape.Weights);
        }

        private Measured Time(Func<Task> run) => Machine.Time(() => run().GetAwaiter().GetResult(), seconds: _seconds, least: 3, beside: _memory.Read);

        private GenerationRequest Request(int prompt, int created) => new(
            [.. Enumerable.Range(0, prompt).Select(_ => _random.Next(250))], [], new SamplingOptions { Temperature = 0, MaxTokens = created });

        private void Report(string row, Measured measured, int tokens, int steps, long weights)
        {
            var rate = tokens / measured.WallMilliseconds * 1e3;
            var limit = _memory.Rate * 1e9 / (weights * _bytes) * tokens / steps;
            var work = 2.0 * weights * rate / 1e9;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{row,-20} {rate,8:f1} tokens/s ({tokens / measured.CpuMilliseconds * 1e3,8:f1} a processor second)   memory {_memory.Rate,5:f1} GB/s: "
                    + $"{rate / limit,6:p1} of {limit,9:f1}   matmul {measured.GemmRate,6:f1} GFLOP/s: {work / measured.GemmRate,5:p0}"));
        }
    }
}
