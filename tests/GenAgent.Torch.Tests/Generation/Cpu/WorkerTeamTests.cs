using GenAgent.Torch.Generation.Cpu;

namespace GenAgent.Torch.Tests.Generation.Cpu;

/// <summary>Who loses an item or begins a phase too early computes wrong logits now and then, which no comparison finds for certain.</summary>
public sealed class WorkerTeamTests
{
    private const int Phases = 9;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Every_item_is_done_once_and_after_all_of_the_phase_before(int size)
    {
        using var team = new WorkerTeam(size);
        var done = new int[Phases];
        var counts = new int[Phases][];
        var early = 0;
        Action<int> work = worker =>
        {
            for (var phase = 0; phase < Phases; phase++)
            {
                while (team.TryTake(worker, counts[phase].Length, out var item))
                {
                    if (phase > 0 && Volatile.Read(ref done[phase - 1]) < counts[phase - 1].Length)
                    {
                        Interlocked.Increment(ref early);
                    }

                    Interlocked.Increment(ref counts[phase][item]);
                    Interlocked.Increment(ref done[phase]);
                }
            }
        };
        for (var run = 0; run < 2000; run++)
        {
            // Another number of items in every run: a worker that is late must not take another run's.
            Array.Clear(done);
            for (var phase = 0; phase < Phases; phase++)
            {
                counts[phase] = new int[1 + ((run + (5 * phase)) % 11)];
            }

            team.Run(work);
            counts.ShouldAllBe(items => items.All(count => count == 1), $"run {run}");
        }

        early.ShouldBe(0);
    }

    [Fact]
    public void The_worker_of_the_last_item_finishes_a_phase_before_anyone_goes_on()
    {
        using var team = new WorkerTeam(3);
        var (sums, wrong) = (new int[1], 0);
        for (var run = 0; run < 2000; run++)
        {
            sums[0] = 0;
            team.Run(worker =>
            {
                int item;
                while ((item = team.Take(worker, 8)) >= 0)
                {
                    Interlocked.Add(ref sums[0], item);
                }

                if (item == WorkerTeam.Last)
                {
                    sums[0] *= 1000;
                    team.EndPhase(worker);
                }

                while (team.TryTake(worker, 8, out _))
                {
                    if (Volatile.Read(ref sums[0]) != 28000)
                    {
                        Interlocked.Increment(ref wrong);
                    }
                }
            });
        }

        wrong.ShouldBe(0);
    }

    [Fact]
    public void A_helper_that_is_late_gets_no_item_of_phases_that_the_run_it_is_in_never_had()
    {
        // As a decoder does it: how many phases a run has is read while it runs, and the next batch, with more of them, is already laid out.
        using var team = new WorkerTeam(2);
        using var isInside = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        using var isDone = new ManualResetEventSlim();
        var (phases, byHelper) = (1, 0);
        team.Run(worker =>
        {
            if (worker == 0)
            {
                isInside.Wait(TestContext.Current.CancellationToken);
            }
            else
            {
                isInside.Set();
                mayGoOn.Wait(TestContext.Current.CancellationToken);
            }

            for (var phase = 0; phase < Volatile.Read(ref phases); phase++)
            {
                while (team.TryTake(worker, 3, out _))
                {
                    byHelper += worker;
                }
            }

            if (worker > 0)
            {
                isDone.Set();
            }
        });
        Volatile.Write(ref phases, Phases);
        mayGoOn.Set();
        isDone.Wait(TestContext.Current.CancellationToken);

        byHelper.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_fault_reaches_the_caller_and_the_team_works_on(int size)
    {
        using var team = new WorkerTeam(size);
        for (var run = 0; run < 100; run++)
        {
            var fault = Should.Throw<InvalidOperationException>(() => team.Run(worker =>
            {
                for (var phase = 0; phase < 3; phase++)
                {
                    while (team.TryTake(worker, 10, out var item))
                    {
                        if (phase == 1 && item == 5)
                        {
                            throw new InvalidDataException("item 5");
                        }
                    }
                }
            }));
            fault.InnerException.ShouldBeOfType<InvalidDataException>().Message.ShouldBe("item 5");
            var count = 0;
            team.Run(worker =>
            {
                while (team.TryTake(worker, 10, out _))
                {
                    Interlocked.Increment(ref count);
                }
            });
            count.ShouldBe(10);
        }
    }
}
