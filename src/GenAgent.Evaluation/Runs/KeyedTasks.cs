namespace GenAgent.Evaluation.Runs;

/// <summary>Runs many tasks, so many at a time; the first failure ends them all.</summary>
internal static class KeyedTasks
{
    public static Task RunAsync<T>(IEnumerable<T> tasks, int concurrency, Func<T, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = concurrency, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(tasks, parallel, async (task, cancelled) => await work(task, cancelled));
    }
}
