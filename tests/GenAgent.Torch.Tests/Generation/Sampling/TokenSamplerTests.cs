using GenAgent.Torch.Generation;
using GenAgent.Torch.Generation.Sampling;

namespace GenAgent.Torch.Tests.Generation.Sampling;

public sealed class TokenSamplerTests
{
    // Probabilities .4, .3, .2, .05, .03 and .02.
    private static readonly double[] Probabilities = [0.2, 0.03, 0.4, 0.02, 0.3, 0.05];
    private static readonly float[] Logits = [.. Probabilities.Select(p => (float)Math.Log(p))];

    [Fact]
    public void Tokens_come_as_often_as_the_distribution_says()
    {
        var counts = Frequencies(new SamplingOptions());
        counts.Keys.Order().ShouldBe(Enumerable.Range(0, 6));
        foreach (var (id, share) in counts)
        {
            share.ShouldBe(Probabilities[id], 0.001, $"id {id}");
        }
    }

    [Fact]
    public void Temperature_sharpens_and_flattens()
    {
        Frequencies(new SamplingOptions { Temperature = 0.5 })[2].ShouldBe(0.16 / (0.16 + 0.09 + 0.04 + 0.0025 + 0.0009 + 0.0004), 0.001);
        Frequencies(new SamplingOptions { Temperature = 100 })[3].ShouldBe(1.0 / 6, 0.01);
    }

    [Theory]
    [InlineData(1, 1.0, 0.0, new[] { 2 })]
    [InlineData(3, 1.0, 0.0, new[] { 0, 2, 4 })]
    [InlineData(100, 1.0, 0.0, new[] { 0, 1, 2, 3, 4, 5 })]
    [InlineData(0, 0.39, 0.0, new[] { 2 })]
    [InlineData(0, 0.69, 0.0, new[] { 2, 4 })]
    [InlineData(0, 0.71, 0.0, new[] { 0, 2, 4 })]
    [InlineData(0, 0.96, 0.0, new[] { 0, 1, 2, 4, 5 })]
    [InlineData(0, 1.0, 0.6, new[] { 2, 4 })]
    [InlineData(0, 1.0, 0.1, new[] { 0, 2, 4, 5 })]
    [InlineData(2, 0.5, 0.0, new[] { 2 })]
    [InlineData(2, 0.6, 0.0, new[] { 2, 4 })]
    [InlineData(5, 0.9, 0.2, new[] { 0, 2, 4 })]
    public void Truncation_keeps_the_likeliest_in_their_proportions(int topK, double topP, double minP, int[] kept)
    {
        var counts = Frequencies(new SamplingOptions { TopK = topK, TopP = topP, MinP = minP });
        counts.Keys.Order().ShouldBe(kept);
        var mass = kept.Sum(id => Probabilities[id]);
        foreach (var id in kept)
        {
            counts[id].ShouldBe(Probabilities[id] / mass, 0.002);
        }
    }

    [Fact]
    public void A_bias_is_added_before_all_else_and_leaves_the_log_probability_of_the_model_alone()
    {
        var options = new SamplingOptions { LogitBias = new Dictionary<int, double> { [1] = Math.Log(20), [2] = -Math.Log(2) } };
        var counts = Frequencies(options);
        counts[1].ShouldBe(0.6 / 1.37, 0.002);
        counts[2].ShouldBe(0.2 / 1.37, 0.002);
        counts[4].ShouldBe(0.3 / 1.37, 0.002);

        var chosen = new TokenSampler(6).Sample(Logits, options with { Temperature = 0 }, new HashSet<int>(), [], 0.5, Biases(options));
        chosen.Id.ShouldBe(1);
        chosen.LogProb.ShouldBe((float)Math.Log(0.03), 1e-5);
        Should.Throw<ArgumentException>(() =>
            (options with { LogitBias = new Dictionary<int, double> { [0] = double.NegativeInfinity } }).Validate(hasTokenizer: true)).Message.ShouldContain(
            "BannedIds");
    }

    [Fact]
    public void Banned_ids_never_come_even_when_they_are_the_likeliest()
    {
        var sampler = new TokenSampler(6);
        sampler.Sample(Logits, new SamplingOptions { Temperature = 0 }, new HashSet<int>(), [2], 0.5).Id.ShouldBe(4);
        Frequencies(new SamplingOptions(), banned: [2, 4]).Keys.Order().ShouldBe([0, 1, 3, 5]);
    }

    [Fact]
    public void Repetition_penalty_weakens_what_was_said_in_either_sign()
    {
        var sampler = new TokenSampler(3);
        float[] logits = [2, 1.5f, -1];
        var options = new SamplingOptions { Temperature = 0, RepetitionPenalty = 1.5 };
        sampler.Sample(logits, options, new HashSet<int>(), [], 0).Id.ShouldBe(0);
        sampler.Sample(logits, options, new HashSet<int> { 0 }, [], 0).Id.ShouldBe(1);
        sampler.Sample([-1, -1.2f, -9], options, new HashSet<int> { 0 }, [], 0).Id.ShouldBe(1);
    }

    [Fact]
    public void Log_probabilities_ignore_bans_penalties_and_truncation()
    {
        var sampler = new TokenSampler(6);
        var token = sampler.Sample(Logits, new SamplingOptions { TopK = 1, RepetitionPenalty = 3 }, new HashSet<int> { 2, 4 }, [2], 0.1);
        token.LogProb.ShouldBe((float)Math.Log(Probabilities[token.Id]), 1e-5f);
    }

    [Fact]
    public void Very_unequal_logits_give_finite_log_probabilities()
    {
        var sampler = new TokenSampler(3);
        var token = sampler.Sample([500, -500, 0], new SamplingOptions { Temperature = 0 }, new HashSet<int>(), [0], 0);
        token.Id.ShouldBe(2);
        token.LogProb.ShouldBe(-500, 1e-2f);
    }

    [Fact]
    public void Draws_are_the_same_for_seed_and_place_and_spread_evenly()
    {
        TokenRandom.Draw(5, 3).ShouldBe(TokenRandom.Draw(5, 3));
        var draws = Enumerable.Range(0, 1000).SelectMany(seed => Enumerable.Range(0, 10).Select(place => TokenRandom.Draw((ulong)seed, place))).ToList();
        draws.ShouldAllBe(draw => draw >= 0 && draw < 1);
        draws.Distinct().Count().ShouldBe(draws.Count);
        draws.Average().ShouldBe(0.5, 0.01);
        draws.Count(draw => draw < 0.1).ShouldBeInRange(880, 1120);
    }

    private static (int Id, float Bias)[] Biases(SamplingOptions options) => [.. options.LogitBias.Select(bias => (bias.Key, (float)bias.Value))];

    private static Dictionary<int, double> Frequencies(SamplingOptions options, int[]? banned = null)
    {
        const int Draws = 4000;
        var sampler = new TokenSampler(6);
        return Enumerable.Range(0, Draws)
            .Select(i => sampler.Sample(Logits, options, new HashSet<int>(), banned ?? [], (i + 0.5) / Draws, Biases(options)).Id)
            .CountBy(id => id).ToDictionary(pair => pair.Key, pair => (double)pair.Value / Draws);
    }
}
