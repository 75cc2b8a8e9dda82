using GenAgent.Torch.Generation;
using GenAgent.Torch.Imaging;
using GenAgent.Torch.Qwen25VL;
using GenAgent.Torch.Tests.Qwen25VL;
using static TorchSharp.torch;

namespace GenAgent.Torch.Tests.Generation;

public sealed class BatchInvarianceTests
{
    private const int Requests = 64;

    [Theory]
    [InlineData(DecoderKind.Vector, 0)]
    [InlineData(DecoderKind.Vector, 1)]
    [InlineData(DecoderKind.Torch, 1e-4f)]
    public async Task Sixty_four_requests_get_the_same_tokens_one_by_one_and_all_at_once_with_random_arrivals(DecoderKind decoder, float tolerance)
    {
        using var model = Tiny.Model();
        var options = new GenerationEngineOptions
        {
            Threads = tolerance == 1 ? 2 : 1,
            CacheBytes = 4 << 20,
            PromptTokensPerStep = 40,
            MaxConcurrentRequests = 24,
            Decoder = decoder
        };
        var random = new Random(11);
        var requests = Enumerable.Range(0, Requests).Select(i => Request(random, i)).ToList();
        var alone = new List<GenerationResult>();
        await using (var engine = new GenerationEngine(model, options))
        {
            foreach (var request in requests)
            {
                alone.Add(await engine.GenerateAsync(request));
            }
        }

        await using var crowded = new GenerationEngine(model, options);
        var together = await Task.WhenAll(requests.Select(async (request, i) =>
        {
            // Arrivals spread over the whole run, each when the engine has computed some number of steps.
            while (i > 0 && crowded.Statistics.Steps < i % 17 * 5 && crowded.Statistics.Running + crowded.Statistics.Waiting > 0)
            {
                await Task.Yield();
            }

            return await crowded.GenerateAsync(request);
        }));

        for (var i = 0; i < Requests; i++)
        {
            together[i].Tokens.Select(token => token.Id).ShouldBe(alone[i].Tokens.Select(token => token.Id), $"request {i}");
            foreach (var (one, other) in alone[i].Tokens.Zip(together[i].Tokens))
            {
                // In vector instructions the results are equal to the bit; libtorch's products depend on the batch's shape.
                Math.Abs(one.LogProb - other.LogProb).ShouldBeLessThanOrEqualTo(decoder == DecoderKind.Vector ? 0 : tolerance);
            }
        }

        crowded.Statistics.Steps.ShouldBeLessThan(Requests * 20);
    }

    [Fact]
    public async Task Log_probabilities_are_those_that_a_trainer_computes_again()
    {
        using var scope = NewDisposeScope();
        using var model = Tiny.Model();
        await using var engine = new GenerationEngine(model, new GenerationEngineOptions { Threads = 1, CacheBytes = 4 << 20 });
        var image = GenerationEngineTests.Image(4);
        int[] prompt = [1, 2, 62, .. GenerationEngineTests.Pads(image), 63, 9, 8, 7];
        foreach (var (temperature, atOne) in new[] { (0.7, false), (0.7, true), (1.3, false), (0.0, false) })
        {
            var result = await engine.GenerateAsync(new GenerationRequest(prompt, [image], new SamplingOptions
            {
                Temperature = temperature, LogProbsAtTemperatureOne = atOne, TopK = 5, TopP = 0.9, RepetitionPenalty = 1.2, BannedIds = [4], MaxTokens = 30,
                Seed = 5,
            }));
            using var batch = Qwen25VLBatch.Create(model.Config, [new Qwen25VLSequence([.. prompt, .. result.Tokens.Select(token => token.Id)], [image])]);
            var sampled = zeros([1, prompt.Length + 30], ScalarType.Bool);
            sampled.narrow(1, prompt.Length, 30).FillInPlace(1);
            using var noGrad = no_grad();
            var recomputed = model.LogProbs(batch, sampled, atOne || temperature == 0 ? 1 : temperature);
            Golden.Compare.Close(
                Golden.Compare.Floats(recomputed), result.Tokens.Select(token => token.LogProb).ToArray(), "log-probabilities", absolute: 1e-4, relative: 1e-4);
        }
    }

    internal static GenerationRequest Request(Random random, int index, int tokens = 0)
    {
        // A third share a long beginning, a quarter hold an image.
        List<int> ids = index % 3 == 0 ? [.. Enumerable.Range(1, 40)] : [];
        IReadOnlyList<ImagePatches> images = index % 4 == 0 ? [GenerationEngineTests.Image(random.Next(1000))] : [];
        ids.AddRange(images.SelectMany(image => (int[])[62, .. GenerationEngineTests.Pads(image), 63]));
        ids.AddRange(Enumerable.Range(0, random.Next(3, 50)).Select(_ => random.Next(50)));
        return new GenerationRequest(ids, images, new SamplingOptions { Temperature = 0, MaxTokens = tokens > 0 ? tokens : random.Next(2, 30) });
    }
}
