using GenAgent.Training.Workers;

namespace GenAgent.Training.Tests.Workers;

public sealed class WorkerThreadsTests
{
    [Fact]
    public void Every_worker_does_its_share_and_faults_reach_the_caller()
    {
        using var workers = new WorkerThreads(3);
        var done = new int[3];

        workers.Run(worker => done[worker]++);
        Should.Throw<InvalidDataException>(() => workers.Run(worker =>
        {
            if (worker > 0) throw new InvalidDataException($"worker {worker}");
        })).Message.ShouldBe("worker 1");
        workers.Run(worker => done[worker]++);

        done.ShouldBe([2, 2, 2]);
    }
}
