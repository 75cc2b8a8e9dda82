using GenAgent.Torch.Generation.Cpu;
using GenAgent.Torch.Generation.Eager;
using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tests.Golden;
using GenAgent.Torch.Tests.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Generation.Cpu;

/// <summary>The vector decoder step by step beside libtorch's, which the golden tests prove: who changes the device must not get another answer.</summary>
public sealed class DecoderAgreementTests
{
    private const int Sequences = 9;
    private const int BlocksEach = 4;
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(32, 8, 2, 256, 704, false)]
    [InlineData(64, 7, 1, 448, 200, false)]
    [InlineData(64, 14, 2, 60, 100, true)]
    [InlineData(24, 6, 3, 52, 33, true)]
    [InlineData(8, 3, 3, 20, 17, false)]
    [InlineData(10, 5, 1, 37, 50, true)]
    [InlineData(128, 2, 1, 64, 96, true)]
    public void Logits_are_those_of_libtorch_at_every_batch_size_and_across_blocks(
        int headSize, int heads, int keyValueHeads, int hidden, int inner, bool isBFloat16)
    {
        using var scope = NewDisposeScope();
        using var model = Model(headSize, heads, keyValueHeads, hidden, inner, isBFloat16);
        using var decoder = new CpuTextDecoder(model, isBFloat16, threads: 2);
        using var reference = new TorchTextDecoder(model);
        decoder.AllocateCache(Sequences * BlocksEach);
        reference.AllocateCache(Sequences * BlocksEach);

        // Prompts of 9 to 17 tokens, every other one after an image, whose next position is not the number of tokens before.
        var random = new Random(7);
        var feeds = Enumerable.Range(0, Sequences).Select(index =>
        {
            var image = GenerationEngineTests.Image(index);
            int[] start = index % 2 == 0 ? [] : [62, .. GenerationEngineTests.Pads(image), 63];
            int[] ids = [.. start, .. Enumerable.Range(0, 62 - start.Length).Select(_ => random.Next(50))];
            return new DecoderFeed(model, new Qwen25VLSequence(ids, index % 2 == 0 ? [] : [image]), [.. Enumerable.Range(index * BlocksEach, BlocksEach)]);
        }).ToList();
        Step(feeds, feed => 9 + (feed.Blocks[0] / BlocksEach), "prompts");
        for (var step = 0; step < 36; step++)
        {
            Step(feeds.GetRange(0, 1 + (step % Sequences)), _ => 1, $"step {step}");
        }

        Step(feeds, feed => 1 + (feed.Blocks[0] / BlocksEach % 3), "pieces and single tokens");

        void Step(List<DecoderFeed> taking, Func<DecoderFeed, int> count, string what)
        {
            var batch = new StepBatch();
            var rows = taking.ConvertAll(feed => feed.Add(batch, count(feed)));
            var (actual, expected) = (decoder.Run(batch), reference.Run(batch));
            foreach (var row in rows)
            {
                Compare.Close(
                    DecoderFeed.Logits(reference, expected, row), DecoderFeed.Logits(decoder, actual, row), $"{what}, row {row}", Tolerance, Tolerance);
            }
        }
    }

    [Fact]
    public void A_model_in_bf16_gives_what_it_gives_in_libtorch_to_within_the_rounding_of_activations()
    {
        using var scope = NewDisposeScope();
        using var model = Model(32, 8, 2, 256, 704, isBFloat16: true, ScalarType.BFloat16);
        using var decoder = new CpuTextDecoder(model, isBFloat16: true, threads: 1);
        using var reference = new TorchTextDecoder(model);
        decoder.AllocateCache(4);
        reference.AllocateCache(4);
        var batch = new StepBatch();
        var row = new DecoderFeed(model, new Qwen25VLSequence([.. Enumerable.Range(3, 40)], []), [2, 0, 1]).Add(batch, 40);
        Compare.RelativeError(DecoderFeed.Logits(reference, reference.Run(batch), row), DecoderFeed.Logits(decoder, decoder.Run(batch), row))
            .ShouldBeLessThan(0.03);
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Model();
        using var decoder = new CpuTextDecoder(model, isBFloat16: false, threads: 1);
        decoder.AllocateCache(64);
        var batch = new StepBatch();
        int[] blocks = [.. Enumerable.Range(0, 64)];
        Step(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var past = 0; past < 1000; past++)
        {
            Step(past);
        }

        GC.GetAllocatedBytesForCurrentThread().ShouldBe(before);

        void Step(int past)
        {
            batch.Clear();
            for (var i = 0; i < 3; i++)
            {
                batch.AddToken(i, past, past, past, null);
                batch.EndSpan(1, past, blocks, wantsLogits: true);
            }

            decoder.Run(batch);
        }
    }

    /// <summary>
    /// A model with biases and norms of all sizes. Rounded, its products' weights are bf16 numbers in fp32, and so libtorch computes with the same ones.
    /// </summary>
    private static Qwen25VLModel Model(
        int headSize, int heads, int keyValueHeads, int hidden, int inner, bool isBFloat16, ScalarType dtype = ScalarType.Float32)
    {
        var tiny = Tiny.Config();
        var model = new Qwen25VLModel(
            tiny with
            {
                Text = tiny.Text with
                {
                    HiddenSize = hidden, IntermediateSize = inner, Heads = heads, KeyValueHeads = keyValueHeads, HeadSize = headSize,
                    MRopeSections = [(headSize / 2) - 2, 1, 1], VocabularySize = 71, InitializerRange = 0.05,
                },
                Vision = tiny.Vision with { OutHiddenSize = hidden },
            },
            dtype);
        model.Initialize(4);
        using var noGrad = no_grad();
        using var generator = new Generator(5);
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (name.EndsWith("bias", StringComparison.Ordinal))
            {
                parameter.normal_(0, 0.3, generator);
            }
            else if (name.Contains("norm", StringComparison.Ordinal))
            {
                parameter.normal_(1, 0.1, generator);
            }
            else if (isBFloat16)
            {
                parameter.copy_(parameter.to(ScalarType.BFloat16));
            }
        }

        return model;
    }
}
