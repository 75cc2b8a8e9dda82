using System.Collections.Concurrent;

namespace GenAgent.Tests.Models.Http;

/// <summary>
/// A clock that stands still, and on which a wait that the test calls short is over at once; all others never end.
/// So a test of waits needs neither sleep nor luck, and sees how long each wait would have been.
/// </summary>
internal sealed class ScriptedTime(Func<TimeSpan, bool> endsAtOnce) : TimeProvider
{
    public static readonly DateTimeOffset Now = new(2026, 11, 24, 10, 0, 0, TimeSpan.Zero);

    public ConcurrentQueue<TimeSpan> Waits { get; } = new();

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => 0;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private void Start(TimeSpan wait, Action callback)
    {
        if (wait != Timeout.InfiniteTimeSpan && endsAtOnce(wait))
        {
            Waits.Enqueue(wait);
            ThreadPool.QueueUserWorkItem(_ => callback());
        }
    }

    private sealed class Timer(ScriptedTime time, TimerCallback callback, object? state) : ITimer
    {
        private volatile bool _stopped;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time.Start(dueTime, () =>
            {
                if (!_stopped)
                {
                    callback(state);
                }
            });
            return true;
        }

        public void Dispose() => _stopped = true;

        public ValueTask DisposeAsync()
        {
            _stopped = true;
            return ValueTask.CompletedTask;
        }
    }
}
