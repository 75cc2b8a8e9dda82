using GenAgent.EngineStubs;

namespace GenAgent.Engines.Tests;

public sealed class RequestGateTests
{
    [Fact]
    public async Task Weights_change_only_when_nobody_computes_and_later_requests_wait_for_the_new_ones()
    {
        var gate = new RequestGate();
        var first = await gate.EnterAsync(TestContext.Current.CancellationToken);
        var closed = gate.CloseAsync();
        closed.IsCompleted.ShouldBeFalse();
        var second = gate.EnterAsync(TestContext.Current.CancellationToken);
        second.IsCompleted.ShouldBeFalse();

        first.Dispose();
        first.Dispose();
        await closed;
        second.IsCompleted.ShouldBeFalse();

        gate.Open();
        (await second).Dispose();
        gate.Inside.ShouldBe(0);
    }
}
