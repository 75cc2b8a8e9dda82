using GenAgent.Torch.Chat;
using GenAgent.Torch.Tokenizers;
using GenAgent.Training.Grpo;
using GenAgent.Training.Grpo.Rollouts;
using GenAgent.Training.Runs;
using GenAgent.Training.Sft;
using GenAgent.Training.Tests.Sft;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;
using static TorchSharp.torch;

namespace GenAgent.Training.Tests.Grpo;

/// <summary>What was sampled is what is trained: ids, images and log-probabilities.</summary>
public sealed class PolicyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Policy _policy;

    public PolicyTests() => _policy = TinyPolicy.Create(_folder.Path, maxTurnTokens: 12);

    public void Dispose()
    {
        _policy.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Log_probabilities_are_those_that_the_sampler_told_and_rest_on_the_images()
    {
        var rollout = await TalkAsync(turns: 4);
        var encoded = Encode(rollout)!;

        encoded.Sequence.Ids.ShouldBe(rollout.Trajectory.Trace!.Ids);
        encoded.Sequence.Images.Count.ShouldBe(3);
        Mismatch(encoded).ShouldBeLessThan(1e-4);

        var blank = encoded with {
            Sequence = encoded.Sequence with
            {
                Images = [.. encoded.Sequence.Images.Select(image => image with { Values = new float[image.Values.Length] })],
            },
        };
        Mismatch(blank, "policy/mismatch_no_image").ShouldBeLessThan(1e-4, "the first turn saw no image");
        Mismatch(blank, "policy/mismatch_images").ShouldBeGreaterThan(1e-3, "later turns saw images, whose pixels are gone");
    }

    [Fact]
    public async Task A_rollout_whose_pads_and_features_differ_is_left_out_with_both_numbers()
    {
        var rollout = await TalkAsync(turns: 3);
        var trace = rollout.Trajectory.Trace!;
        var pad = _policy.Model.Config.ImageTokenId;
        int[] fewer = [.. trace.Ids.Select((id, i) => id == pad && i == trace.Ids.ToList().IndexOf(pad) ? 0 : id)];

        EncodedRollout.From(
            rollout with { Trajectory = rollout.Trajectory with { Trace = trace with { Ids = fewer } } }, 1, _policy.Processor, pad, 0, out var reason)
            .ShouldBeNull();

        reason.ShouldNotBeNull();
        reason.ShouldContain($"{trace.Ids.Count(id => id == pad) - 1} image pads");
        reason.ShouldContain($"{trace.Ids.Count(id => id == pad)} features");
    }

    [Fact]
    public void Ten_thousand_random_trajectories_are_trained_on_with_the_very_ids_that_were_rolled_out()
    {
        var random = new Random(4);
        var pad = _policy.Model.Config.ImageTokenId;
        var png = TinyPolicy.Picture;
        var features = _policy.Processor.Process(png).Grid.Features(_policy.Processor.Options.MergeSize);
        for (var i = 0; i < 10_000; i++)
        {
            var images = random.Next(1, 6);
            List<int> ids = [.. Some(random, 5)];
            List<bool> sampled = [.. ids.Select(_ => false)];
            for (var turn = 0; turn <= images; turn++)
            {
                int[] said = [.. Some(random, random.Next(1, 9))];
                int[] fed = turn == images ? [] : [.. Some(random, 2), .. Enumerable.Repeat(pad, features), .. Some(random, 1)];
                ids.AddRange([.. said, .. fed]);
                sampled.AddRange([.. said.Select(_ => true), .. fed.Select(_ => false)]);
            }

            float[] logProbs = [.. sampled.Select(one => one ? -random.NextSingle() : 0)];
            var rollout = TinyPolicy.Rollout(new TokenTrace(ids, logProbs, sampled), images, turns: images + 1, png);
            var encoded = EncodedRollout.From(rollout, 1, _policy.Processor, pad, -1, out var reason).ShouldNotBeNull(reason);

            encoded.Sequence.Ids.SequenceEqual(ids).ShouldBeTrue();
            encoded.Learned.SequenceEqual(sampled).ShouldBeTrue();
            encoded.OldLogProbs.SequenceEqual(logProbs).ShouldBeTrue();
            encoded.Contexts(pad).Last().ShouldBe((images, images * features));
        }
    }

    private static IEnumerable<int> Some(Random random, int count) => Enumerable.Range(0, count).Select(_ => random.Next(3, 200));

    private EncodedRollout? Encode(Rollout rollout) =>
        EncodedRollout.From(
            rollout, 1, _policy.Processor, _policy.Model.Config.ImageTokenId, ((ITokenizer)_policy.Tokenizer).IdOf(QwenChatTemplate.TurnEnd), out _);

    private double Mismatch(EncodedRollout encoded, string figure = "policy/mismatch_max")
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        var metrics = new MetricSums();
        new PolicyObjective(_policy, new GrpoOptions(), reference: null).Loss(new Pack([encoded], 0), 1, encoded.LearnedCount, metrics);
        return metrics.TakeMeans()[figure];
    }

    // The model says what it likes; after each turn it is shown an image.
    private async Task<Rollout> TalkAsync(int turns)
    {
        await _policy.UpdateModelAsync(0);
        List<ChatMessage> messages = [new(ChatRole.System, SquaresSource.System), new(ChatRole.User, "Paint.")];
        TokenTrace? trace = null;
        for (var turn = 0; turn < turns; turn++)
        {
            var response = await _policy.Client.GetResponseAsync(messages, new ChatOptions { Seed = turn + 1 });
            trace = response.GetTokenTrace();
            messages.AddRange(response.Messages);
            messages.Add(new ChatMessage(ChatRole.User, [new TextContent("Look:"), new DataContent(TinyPolicy.Picture, "image/png")]));
        }

        return TinyPolicy.Rollout(trace!, turns, turns, TinyPolicy.Picture);
    }
}
