using GenAgent.EngineStubs;
using GenAgent.Models;
using GenAgent.Trajectories;
using Microsoft.Extensions.AI;

namespace GenAgent.Engines.Tests;

public sealed class LogProbTests
{
    [Theory]
    [InlineData(StubEngine.Vllm, StubLogProbs.Raw, 0.7f, null, "at temperature 1, and the sampling temperature is 0.7", "--logprobs-mode processed_logprobs")]
    [InlineData(StubEngine.Sglang, StubLogProbs.Raw, 0.7f, null, "at temperature 1, and the sampling temperature is 0.7", "SGLANG_RETURN_ORIGINAL_LOGPROB")]
    [InlineData(StubEngine.Vllm, StubLogProbs.Processed, 1f, 0.9f, "after truncation", "?plain=true")]
    public async Task A_sampling_whose_log_probabilities_a_server_does_not_report_is_refused(
        StubEngine engine, StubLogProbs reported, float temperature, float? topP, string what, string remedy)
    {
        await using var there = await TestEngine.StartAsync(engine, stub => stub with { LogProbs = reported });

        var refused = await Should.ThrowAsync<BackendRejectedException>(() => there.Client.GetResponseAsync(
            TestEngine.Hello(), new ChatOptions { Temperature = temperature, TopP = topP }, TestContext.Current.CancellationToken));

        refused.Message.ShouldContain(what);
        refused.Message.ShouldContain(remedy);
    }

    [Theory]
    [InlineData(StubEngine.Vllm, StubLogProbs.Raw, 1f)]
    [InlineData(StubEngine.Sglang, StubLogProbs.Scaled, 0.7f)]
    public async Task Truncation_is_taken_where_it_leaves_the_log_probabilities_as_they_are(StubEngine engine, StubLogProbs reported, float temperature)
    {
        await using var there = await TestEngine.StartAsync(engine, stub => stub with { LogProbs = reported });

        var response = await there.Client.GetResponseAsync(
            TestEngine.Hello(), new ChatOptions { Temperature = temperature, TopP = .9f }, TestContext.Current.CancellationToken);

        response.GetTokenTrace()!.Turns[0].Sampling!.TopP!.Value.ShouldBe(.9, 1e-6);
    }

    [Fact]
    public async Task A_bias_is_refused_where_it_would_shift_the_log_probabilities()
    {
        var biased = TestEngine.Plain with { LogitBias = new Dictionary<int, double> { [7] = 2 } };
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang, client: client => client with { Sampling = biased });

        var refused = await Should.ThrowAsync<BackendRejectedException>(
            () => there.Client.GetResponseAsync(TestEngine.Hello(), cancellationToken: TestContext.Current.CancellationToken));

        refused.Message.ShouldContain("after bias and penalties");
    }

    [Fact]
    public async Task What_a_server_reports_is_measured_once()
    {
        await using var there = await TestEngine.StartAsync(StubEngine.Sglang);
        for (var i = 0; i < 3; i++)
        {
            await there.Client.GetResponseAsync(TestEngine.Hello(), new ChatOptions { Temperature = .5f }, TestContext.Current.CancellationToken);
        }

        there.Server.Record.Calls.Count.ShouldBe(5);
    }
}
