namespace GenAgent.TestKit;

/// <summary>Waits for what happens beside a test: a minute at most, and then says what did not happen.</summary>
public static class Until
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until something holds.</summary>
    /// <param name="holds">Whether it does; is asked again and again.</param>
    /// <param name="what">What is waited for, as "a call reaches the server".</param>
    /// <exception cref="TimeoutException">It did not within a minute.</exception>
    public static Task TrueAsync(Func<bool> holds, string what) => AnyAsync(() => Task.FromResult(holds() ? what : null), what);

    /// <summary>Waits until there is something.</summary>
    /// <param name="find">Finds it; null if it is not there yet. Is asked again and again.</param>
    /// <param name="what">What is waited for, as "a run is on the board".</param>
    /// <returns>What was found.</returns>
    /// <exception cref="TimeoutException">There was none within a minute.</exception>
    public static async Task<T> AnyAsync<T>(Func<Task<T?>> find, string what)
        where T : class
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (await find() is { } found) return found;
            if (TimeProvider.System.GetElapsedTime(begun) > Limit) throw new TimeoutException($"Waited {Limit.TotalSeconds} s in vain until {what}.");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Waits for the end of a task that another part of the test completes, and returns its result.</summary>
    /// <param name="task">The task.</param>
    /// <param name="what">What is waited for.</param>
    /// <exception cref="TimeoutException">It did not end within a minute.</exception>
    public static async Task<T> EndsAsync<T>(Task<T> task, string what)
    {
        await EndsAsync((Task)task, what);
        return await task;
    }

    /// <inheritdoc cref="EndsAsync{T}(Task{T}, string)"/>
    public static async Task EndsAsync(Task task, string what)
    {
        if (await Task.WhenAny(task, Task.Delay(Limit)) != task) throw new TimeoutException($"Waited {Limit.TotalSeconds} s in vain until {what}.");
        await task;
    }
}
