using System.Globalization;
using GenAgent.Torch.Flux;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Safetensors;
using GenAgent.Torch.Tests.Flux;
using GenAgent.Torch.Tests.Qwen25VL;
using GenAgent.Torch.Tokenizers;
using GenAgent.Torch.Tokenizers.Building;
using SkiaSharp;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Fuzz;

/// <summary>Damaged files give a clear error or a valid load. <c>GENAGENT_FUZZ=50000</c> runs that many mutations of each kind.</summary>
public sealed class FuzzTests : IDisposable
{
    private const int UsualCount = 400;
    private const string Text = "A red top-left circle, 3x3: it's <|im_end|> naïve 你好 🙂\n  end ";

    private static readonly int Count = int.TryParse(
        Environment.GetEnvironmentVariable("GENAGENT_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
        ? count
        : UsualCount;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Safetensors()
    {
        using var scope = NewDisposeScope();
        var path = _folder.File("x.safetensors");
        var tensors = new Dictionary<string, Tensor>
        {
            ["a.weight"] = Arithmetic.Counted(24, ScalarType.Int64).reshape(2, 3, 4).to(ScalarType.Float32),
            ["b"] = Arithmetic.Counted(10, ScalarType.Int64).to(ScalarType.BFloat16),
            ["c"] = Arithmetic.Counted(6, ScalarType.Int64),
            ["d"] = zeros(3, dtype: ScalarType.Bool),
            ["empty"] = zeros(0, 4),
        };
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        Run(path, fault => fault is SafetensorsException, length => (length * 40) + 200_000, () =>
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var name in file.Entries.Keys)
            {
                using var tensor = file.Read(name);
            }
        });
    }

    [Fact]
    public void Shard_index()
    {
        using var one = zeros(1);
        SafetensorsWriter.Write(_folder.File("model-1.safetensors"), new Dictionary<string, Tensor> { ["a"] = one });
        SafetensorsWriter.Write(_folder.File("model-2.safetensors"), new Dictionary<string, Tensor> { ["b"] = one });
        var path = _folder.File("model.safetensors.index.json");
        File.WriteAllText(path, """{"metadata":{"total_size":8},"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}""");
        Run(path, fault => fault is SafetensorsException, length => (length * 100) + 400_000, () => WeightSource.Open(path).Dispose());
    }

    [Fact]
    public void Byte_level_tokenizer()
    {
        var path = _folder.File("tokenizer.json");
        File.WriteAllText(path, ByteLevelBpeTrainer.Train([Text, "a red circle, a blue square"], 300));
        RunTokenizer(path, path);
    }

    [Fact]
    public void Unigram_tokenizer()
    {
        WordTokenizers.WriteT5(_folder.Path, ["a", "red", "circle", "top-left", ",", "3x3"]);
        var path = _folder.File("tokenizer.json");
        var json = File.ReadAllText(path)
            .Replace(
                "\"normalizer\": {",
                "\"normalizer\": {\"type\": \"Sequence\", \"normalizers\": [{\"type\": \"Strip\"}, {\"type\": \"Precompiled\", \"precompiled_charsmap\": "
                    + "\"AAAAAA==\"}, {\"type\": \"Replace\", \"pattern\": {\"Regex\": \" {2,}\"}, \"content\": \"x\"}, {")
            .Replace("\"Lowercase\"\n  },", "\"Lowercase\"\n  }]},");
        json.ShouldContain("Precompiled");
        File.WriteAllText(path, json);
        RunTokenizer(path, path);
    }

    [Theory]
    [InlineData("vocab.json")]
    [InlineData("merges.txt")]
    [InlineData("tokenizer_config.json")]
    public void Clip_tokenizer(string damaged)
    {
        WordTokenizers.WriteClip(_folder.Path, ["a", "red", "circle", "top-left", "3x3"]);
        RunTokenizer(_folder.File(damaged), _folder.Path);
    }

    [Fact]
    public void Sentencepiece_model()
    {
        var path = _folder.File("spiece.model");
        File.WriteAllBytes(path, SmallSentencePiece.Model());
        RunTokenizer(path, path);
    }

    [Fact]
    public void Chat_model_config()
    {
        var path = _folder.File("config.json");
        Qwen25VLConfigWriter.Write(Tiny.Config(), path);
        Run(
            path,
            fault => fault is InvalidDataException,
            length => (length * 200) + 400_000,
            () => Qwen25VLConfig.Load(_folder.Path).Text.Layers.ShouldBeGreaterThan(0));
    }

    [Fact]
    public void Painter_configs()
    {
        Fuzz(TinyFlux.Transformer);
        Fuzz(TinyFlux.Vae);
        Fuzz(TinyFlux.T5);
        Fuzz(TinyFlux.Clip);

        void Fuzz<T>(T config)
            where T : class, IModelConfig
        {
            var path = _folder.File("config.json");
            ModelConfig.Write(path, config);
            Run(path, fault => fault is InvalidDataException, length => (length * 200) + 400_000, () => ModelConfig.Read<T>(path).Faults().ShouldBeEmpty());
        }
    }

    [Theory]
    [InlineData(SKColorType.Rgba8888)]
    [InlineData(SKColorType.Gray8)]
    [InlineData(SKColorType.Rgba16161616)]
    public void Png(SKColorType color)
    {
        var path = _folder.File("x.png");
        using (var bitmap = new SKBitmap(24, 16, color, SKAlphaType.Unpremul))
        {
            bitmap.Erase(new SKColor(200, 30, 90, 120));
            using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(path, data.ToArray());
        }

        // Deflate makes a byte into 1,032 at most; at one bit a pixel each of these is eight pixels of seven bytes.
        Run(path, fault => fault is InvalidDataException, length => (length * 1032 * 8 * 7) + 400_000, () =>
        {
            var image = ImageDecoder.Decode(File.ReadAllBytes(path));
            image.Pixels.Length.ShouldBe(image.Width * image.Height * RgbImage.Channels);
        }, namesFile: false);
    }

    private static void RunTokenizer(string damaged, string toLoad) =>
        Run(damaged, fault => fault is InvalidDataException, length => (length * 200) + 3_000_000, () =>
        {
            var tokenizer = TokenizerLoader.Load(toLoad);
            foreach (var mode in Enum.GetValues<AddedTokenMode>())
            {
                tokenizer.Decode(tokenizer.Encode(Text, mode), skipSpecialTokens: true).ShouldNotBeNull();
            }
        });

    // Bytes in memory have no name: namesFile is false for what reads them.
    private static void Run(string path, Func<Exception, bool> isClear, Func<long, long> allowedBytes, Action load, bool namesFile = true)
    {
        var valid = File.ReadAllBytes(path);
        load();
        var (loaded, refused) = (0, 0);
        for (var i = 0; i < Count; i++)
        {
            var bytes = new Mutator(i).Mutate(valid);
            File.WriteAllBytes(path, bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                load();
                loaded++;
            }
            catch (Exception fault) when (isClear(fault))
            {
                if (namesFile)
                {
                    fault.Message.ShouldStartWith(Path.GetDirectoryName(path)!, Case.Sensitive, $"mutation {i}");
                }

                fault.Message.Length.ShouldBeLessThan(4_000, $"mutation {i}");
                refused++;
            }
            catch (Exception fault)
            {
                Assert.Fail($"Mutation {i} gives {fault}");
            }

            (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(allowedBytes(bytes.Length), $"mutation {i}");
        }

        // Otherwise the damage tests nothing, or the check of it does not.
        loaded.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);
    }
}
