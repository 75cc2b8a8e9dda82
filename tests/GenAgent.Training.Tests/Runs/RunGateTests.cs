using GenAgent.Training.Runs;

namespace GenAgent.Training.Tests.Runs;

public sealed class RunGateTests
{
    [Fact]
    public async Task Disposing_of_a_trainer_at_work_stops_its_run_and_returns_when_it_has_ended()
    {
        var gate = new RunGate();
        var (hasBegun, hasEnded) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), false);
        var run = Task.Run(() => gate.Run(
            stop =>
            {
                hasBegun.SetResult();
                stop.WaitHandle.WaitOne();
                var other = new Thread(gate.Dispose);
                other.Start();
                other.Join(TimeSpan.FromMilliseconds(100)).ShouldBeFalse("the run has not ended");
                hasEnded = true;
                return new TrainingOutcome(Finished: false, 7, 0);
            },
            CancellationToken.None));
        await Until.EndsAsync(hasBegun.Task, "the run has begun");

        gate.Dispose();

        hasEnded.ShouldBeTrue();
        (await run).Step.ShouldBe(7);
        Should.Throw<ObjectDisposedException>(() => gate.Run(_ => new TrainingOutcome(Finished: true, 1, 0), CancellationToken.None));
    }

    [Fact]
    public void A_run_that_disposes_of_its_own_trainer_is_told_so_instead_of_waiting_for_itself()
    {
        using var gate = new RunGate();

        Should.Throw<InvalidOperationException>(() => gate.Run(
            _ =>
            {
                gate.Dispose();
                return new TrainingOutcome(Finished: true, 1, 0);
            },
            CancellationToken.None)).Message.ShouldContain("its own run");
    }
}
