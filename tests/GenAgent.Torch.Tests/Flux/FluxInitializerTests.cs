using GenAgent.Torch.Flux;
using GenAgent.Torch.Flux.TextEncoders;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Flux;

public sealed class FluxInitializerTests
{
    private const int Buckets = 16;
    private static readonly T5Config Config = new()
    {
        VocabSize = 12,
        DModel = 8,
        DKv = 4,
        DFf = 8,
        NumLayers = 1,
        NumHeads = 3,
        RelativeAttentionNumBuckets = Buckets,
        RelativeAttentionMaxDistance = 16
    };

    private static float[,] Biases(T5Encoder model)
    {
        var values = model.named_parameters()
            .Single(p => p.name.EndsWith("relative_attention_bias.weight", StringComparison.Ordinal)).parameter
            .data<float>()
            .ToArray();
        var table = new float[Buckets, Config.NumHeads];
        for (var i = 0; i < values.Length; i++) table[i / Config.NumHeads, i % Config.NumHeads] = values[i];
        return table;
    }

    [Fact]
    public void Looking_back_turns_the_last_head_away_from_what_comes_after_and_touches_nothing_else()
    {
        using var before = new T5Encoder(Config);
        using var after = new T5Encoder(Config);
        FluxInitializer.Initialize(before, 7);
        FluxInitializer.Initialize(after, 7);

        FluxInitializer.LookBack(after);

        var (old, turned) = (Biases(before), Biases(after));
        for (var bucket = 0; bucket < Buckets; bucket++)
        {
            for (var head = 0; head < Config.NumHeads; head++)
                turned[bucket, head].ShouldBe(old[bucket, head] - (head == Config.NumHeads - 1 && bucket >= Buckets / 2 ? 5 : 0), 1e-5f, $"{bucket} {head}");
        }

        foreach (var ((name, one), (_, other)) in before.named_parameters().Zip(after.named_parameters()))
        {
            if (!name.EndsWith("relative_attention_bias.weight", StringComparison.Ordinal)) one.allclose(other, rtol: 0, atol: 0).ShouldBeTrue(name);
        }
    }

    [Fact]
    public void With_it_a_word_tells_what_stands_far_before_it_from_what_stands_far_after_it()
    {
        // The same far word before or after a run of others: the middle word's features differ between the two only where a head knows the direction.
        double Difference(bool lookBack)
        {
            using var model = new T5Encoder(Config);
            FluxInitializer.Initialize(model, 7);
            if (lookBack) FluxInitializer.LookBack(model);
            using var frozen = no_grad();
            using var scope = NewDisposeScope();
            var before = model.forward(tensor(new long[] { 9, 3, 3, 3, 3, 5, 3, 3, 3, 3, 3 }).unsqueeze(0))[0, 5];
            var after = model.forward(tensor(new long[] { 3, 3, 3, 3, 3, 5, 3, 3, 3, 3, 9 }).unsqueeze(0))[0, 5];
            return (before - after).norm().item<float>() / before.norm().item<float>();
        }

        Difference(lookBack: true).ShouldBeGreaterThan(2 * Difference(lookBack: false));
    }
}
