using GenAgent.TestKit.Golden;
using GenAgent.Torch.Generation.Cpu;
using GenAgent.Torch.Generation.Scheduling;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Qwen25VL.Lora;
using GenAgent.Torch.Tests.Golden;
using GenAgent.Torch.Tests.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Generation.Cpu;

public sealed class CpuTextDecoderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Reading_a_conversation_in_pieces_gives_the_logits_of_the_reference(int threads)
    {
        Recorded.Each(QwenCase.Models().Where(found => found.Case.Expected.Has($"{found.Scenario}.logits")), found =>
        {
            var (one, scenario) = found;
            var sequences = one.Sequences(scenario);
            using var model = Qwen25VLCheckpoint.Load(one.ModelFolder);
            using var decoder = new CpuTextDecoder(model, isBFloat16: false, threads);
            decoder.AllocateCache(Blocks(one.Ids(scenario)[0].Length).Max() + 1);
            var expected = one.Expected.Floats($"{scenario}.logits");
            var vocabulary = one.Config.Text.VocabularySize;
            var (rows, tokens) = (one.Ids(scenario).Length, one.Ids(scenario)[0].Length);
            var batch = new StepBatch();
            for (var row = 0; row < rows; row++)
            {
                var sequence = sequences[row];
                var padding = one.Mask(scenario)[row][0] == 0 ? tokens - sequence.Ids.Count : 0;
                var feed = new DecoderFeed(model, sequence, Blocks(sequence.Ids.Count));
                foreach (var count in (int[])[1, 5, 16, 2, 31, 1, 1000])
                {
                    if (feed.IsDone)
                    {
                        break;
                    }

                    batch.Clear();
                    var at = feed.Add(batch, count);
                    var logits = DecoderFeed.Logits(decoder, decoder.Run(batch), at);
                    var place = (row * tokens) + padding + feed.Past - 1;
                    Compare.Close(expected.AsSpan(place * vocabulary, vocabulary), logits, $"{scenario} row {row} token {feed.Past - 1}");
                }
            }
        });
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 2)]
    public void A_token_has_the_same_bits_alone_and_in_any_batch(bool isBFloat16, int threads)
    {
        using var model = Tiny.Model();
        using var decoder = new CpuTextDecoder(model, isBFloat16, threads);
        decoder.AllocateCache(64);
        var random = new Random(3);
        var sequences = Enumerable.Range(0, 9)
            .Select(_ => new Qwen25VLSequence([.. Enumerable.Range(0, random.Next(5, 40)).Select(_ => random.Next(50))], [])).ToList();
        var batch = new StepBatch();
        var alone = sequences.Select((sequence, index) =>
        {
            var feed = new DecoderFeed(model, sequence, [index, index + 20, index + 40]);
            batch.Clear();
            var row = feed.Add(batch, 1000);
            return DecoderFeed.Logits(decoder, decoder.Run(batch), row);
        }).ToList();

        var feeds = sequences.Select((sequence, index) => new DecoderFeed(model, sequence, [index + 9, index + 30, index + 50])).ToList();
        while (feeds.Exists(feed => !feed.IsDone))
        {
            batch.Clear();
            var running = feeds.Select((feed, index) => (feed, index)).Where(one => !one.feed.IsDone && random.Next(3) > 0).ToList();
            if (running.Count == 0)
            {
                continue;
            }

            var rows = running.ConvertAll(one => one.feed.Add(batch, random.Next(1, 9)));
            var logits = decoder.Run(batch);
            for (var i = 0; i < running.Count; i++)
            {
                if (running[i].feed.IsDone)
                {
                    DecoderFeed.Logits(decoder, logits, rows[i]).ShouldBe(alone[running[i].index]);
                }
            }
        }
    }

    [Fact]
    public void Weights_in_bf16_are_those_of_a_model_in_bf16()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Model(tied: true);
        using var decoder = new CpuTextDecoder(model, isBFloat16: true, threads: 1);
        decoder.AllocateCache(4);
        using var rounded = Tiny.Model(tied: true);
        using (no_grad())
        {
            foreach (var (name, parameter) in rounded.named_parameters())
            {
                if (name.Contains("proj.weight", StringComparison.Ordinal))
                {
                    parameter.copy_(parameter.to(ScalarType.BFloat16));
                }
            }
        }

        using var exact = new CpuTextDecoder(rounded, isBFloat16: false, threads: 1);
        exact.AllocateCache(4);
        Compare.Close(Last(exact, rounded), Last(decoder, model), "logits", absolute: 0.02, relative: 0.02);
    }

    [Fact]
    public void Trained_weights_and_adapters_are_taken_over_on_refresh()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Model();
        using var decoder = Decoder(model, 1);
        using var adapter = LoraAdapter.Create(model, new LoraOptions { Rank = 2 }, seed: 1);
        using (no_grad())
        {
            foreach (var parameter in adapter.Parameters.Values)
            {
                parameter.PlusInPlace(0.2);
            }
        }

        var before = Last(decoder, model);
        decoder.Refresh();
        var after = Last(decoder, model);
        after.ShouldNotBe(before);
        using var batch = Qwen25VLBatch.Create(model.Config, [Sample]);
        Compare.Close(Compare.Floats(model.Forward(batch).select(1, -1)), after, "logits");
    }

    [Theory]
    [InlineData(6, 4, 2, 5, 21)]
    [InlineData(10, 3, 1, 7, 33)]
    [InlineData(16, 2, 2, 17, 100)]
    public void Sizes_that_fill_no_vector_and_no_panel_are_computed_as_well(int headSize, int heads, int keyValueHeads, int hidden, int inner)
    {
        var tiny = Tiny.Config();
        var config = tiny with
        {
            Text = tiny.Text with
            {
                HiddenSize = hidden, IntermediateSize = inner, Heads = heads, KeyValueHeads = keyValueHeads, HeadSize = headSize,
                MRopeSections = [1, 1, (headSize / 2) - 2], VocabularySize = 67,
            },
            Vision = tiny.Vision with { OutHiddenSize = hidden },
        };
        using var scope = NewDisposeScope();
        using var model = new Qwen25VLModel(config);
        model.Initialize(4);
        using var decoder = Decoder(model, 2);
        using var batch = Qwen25VLBatch.Create(model.Config, [Sample]);
        Compare.Close(Compare.Floats(model.Forward(batch).select(1, -1)), Last(decoder, model), "logits");
    }

    private static Qwen25VLSequence Sample { get; } = new([.. Enumerable.Range(5, 30)], []);

    private static float[] Last(CpuTextDecoder decoder, Qwen25VLModel model)
    {
        var batch = new StepBatch();
        var row = new DecoderFeed(model, Sample, [1, 0]).Add(batch, 1000);
        return DecoderFeed.Logits(decoder, decoder.Run(batch), row);
    }

    // Enough of them, and in no order that a reader could rely on.
    private static int[] Blocks(int tokens) =>
        [.. Enumerable.Range(0, Math.Max((tokens + 15) / 16, 6)).Select(block => (block ^ 1) + (block % 3 == 0 ? 2 * ((tokens / 16) + 6) : 0))];

    private static CpuTextDecoder Decoder(Qwen25VLModel model, int threads)
    {
        var decoder = new CpuTextDecoder(model, isBFloat16: false, threads);
        decoder.AllocateCache(10);
        return decoder;
    }
}
